// Readers that break the bar on purpose, so that a test can show that it is noticed.
import type { Bytes, Reader } from "./reader.ts";

/** Breaks once the input begins with "x" and has gone through some others. */
function planted(name: string, misdo: (input: Bytes) => unknown): Reader {
  return {
    name,
    corpus: () => [
      new TextEncoder().encode("sound"),
      new TextEncoder().encode("also sound"),
      new TextEncoder().encode(`x${"padding ".repeat(20)}`),
    ],
    read: (input) => input[0] === 0x78 ? misdo(input) : undefined,
  };
}

export const READERS: readonly Reader[] = [
  planted("hang", () => {
    while (true);
  }),
  planted("never", () => new Promise(() => {})),
  planted("hog", () => {
    const kept: Uint8Array[] = [];
    while (true) kept.push(new Uint8Array(1 << 24).fill(1));
  }),
  planted("bare", () => (undefined as unknown as Bytes)[0]),
  planted("stack", function again(input): unknown {
    return [again(input)];
  }),
  planted("no_sentence", () => {
    throw new RangeError("oops");
  }),
  planted("writes", () => Deno.writeTextFile("written", "")),
  planted("prints", () => console.warn("look")),
  planted("leaves_rejection", () => void Promise.reject(new Error("alone"))),
  planted("sound", () => {
    throw new SyntaxError('Cannot read "a": it begins with x');
  }),
];
