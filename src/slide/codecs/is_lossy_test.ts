import { assertEquals } from "@std/assert";
import { isLossy } from "./is_lossy.ts";

const ascii = (text: string) => [...new TextEncoder().encode(text)];

Deno.test("isLossy() tells VP8 from VP8L, within an extended WebP too", () => {
  const webp = (...chunks: string[]) =>
    Uint8Array.from([
      ...ascii("RIFF....WEBP"),
      ...chunks.flatMap((name) => [...ascii(name), 3, 0, 0, 0, 9, 9, 9, 0]),
    ]);
  assertEquals(isLossy(webp("VP8 "), 50001), true);
  assertEquals(isLossy(webp("VP8L"), 50001), false);
  assertEquals(isLossy(webp("VP8X", "ALPH", "VP8 "), 50001), true);
  assertEquals(isLossy(webp("VP8X", "VP8L"), 50001), false);
});

Deno.test("isLossy() tells JPEG 2000's wavelets apart", () => {
  const codestream = (wavelet: number) =>
    Uint8Array.of(
      ...[0xff, 0x4f, 0xff, 0x51, 0, 3, 7],
      ...[0xff, 0x52, 0, 12, 0, 0, 0, 1, 1, 5, 4, 4, 0, wavelet, 0xff, 0x90],
    );
  assertEquals(isLossy(codestream(0), 33005), true);
  assertEquals(isLossy(codestream(1), 33005), false);
  assertEquals(isLossy(codestream(0), 8), false);
});
