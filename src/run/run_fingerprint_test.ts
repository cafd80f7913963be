import { assertEquals, assertNotEquals } from "@std/assert";
import type { Slide } from "../slide/slide.ts";
import { parseInferOptions } from "../cli/infer_options.ts";
import { runFingerprint } from "./run_fingerprint.ts";

const slide = { width: 10, height: 10, version: "one" } as Slide;

function print(
  args: readonly string[] = [],
  { of = slide, hashes = ["a", "b"] }: { of?: Slide; hashes?: string[] } = {},
): string | undefined {
  const all = ["s.tif", "--weights", "w", "--out", "o", ...args];
  const options = parseInferOptions(all)!;
  return runFingerprint(of, { options, weightHashes: hashes });
}

Deno.test("runFingerprint() is the same where results are", () => {
  const same = [
    ["--quiet"],
    ["--resume"],
    ["--live"],
    ["--timeout", "3"],
    ["--tile", "1024"],
    ["other.tif", "--weights", "elsewhere"],
  ];
  for (const args of same) assertEquals(print(args), print(), args.join());
  assertEquals(
    print(["--format", "rle,json"]),
    print(["--format", "json,rle"]),
  );
});

Deno.test("runFingerprint() is another where results may be", () => {
  const others = [
    print(["--threshold", "0.4"]),
    print(["--flips"]),
    print(["--tile", "512"]),
    print(["--mpp", "1"]),
    print(["--format", "json"]),
    print(["--fill", "black"]),
    print([], { hashes: ["b", "a"] }),
    print([], { hashes: ["a"] }),
    print([], { of: { ...slide, version: "two" } }),
    print([], { of: { ...slide, mpp: { x: 1, y: 1 } } }),
  ];
  for (const other of others) assertNotEquals(other, print());
  assertEquals(new Set(others).size, others.length);
});

Deno.test("runFingerprint() vouches for no slide whose server tells nothing of its state", () => {
  assertEquals(print([], { of: { ...slide, version: undefined } }), undefined);
});
