import { assertEquals, assertThrows } from "@std/assert";
import { decodeLzw } from "./lzw.ts";

/** Packs 9-bit codes, as at a stream's beginning. */
function pack(codes: number[]): Uint8Array {
  const bits = codes.map((code) => code.toString(2).padStart(9, "0")).join("");
  return Uint8Array.from(
    bits.match(/.{1,8}/g)!,
    (byte) => parseInt(byte.padEnd(8, "0"), 2),
  );
}

Deno.test("decodeLzw() decodes the example of TIFF 6.0", () => {
  const codes = [256, 7, 258, 8, 8, 258, 6, 6, 257];
  const expected = Uint8Array.of(7, 7, 7, 8, 8, 7, 7, 6, 6);
  assertEquals(decodeLzw(pack(codes), 9), expected);
});

Deno.test("decodeLzw() never writes more than was asked for, and says what it lacks", () => {
  const codes = [256, 5, ...Array.from({ length: 200 }, (_, i) => 258 + i)];
  assertEquals(decodeLzw(pack(codes), 1000), new Uint8Array(1000).fill(5));
  assertEquals(decodeLzw(pack([256, 1, 2]), 10), Uint8Array.of(1, 2));
  assertEquals(decodeLzw(new Uint8Array(), 10), new Uint8Array());
});

Deno.test("decodeLzw() refuses codes without a meaning", () => {
  assertThrows(() => decodeLzw(pack([256, 300]), 10), SyntaxError, "300");
  assertThrows(() => decodeLzw(pack([256, 1, 260]), 10), SyntaxError, "260");
});
