import { assertEquals } from "@std/assert";
import { codecName, codecOf } from "./codecs.ts";
import { JPEG_2000 } from "./jpeg2000.ts";
import { WEBP } from "./webp.ts";

const ascii = (text: string) => [...new TextEncoder().encode(text)];

Deno.test("WEBP.isLossy() tells VP8 from VP8L, within an extended WebP too", () => {
  const webp = (...chunks: string[]) =>
    Uint8Array.from([
      ...ascii("RIFF....WEBP"),
      ...chunks.flatMap((name) => [...ascii(name), 3, 0, 0, 0, 9, 9, 9, 0]),
    ]);
  assertEquals(WEBP.isLossy!(webp("VP8 ")), true);
  assertEquals(WEBP.isLossy!(webp("VP8L")), false);
  assertEquals(WEBP.isLossy!(webp("VP8X", "ALPH", "VP8 ")), true);
  assertEquals(WEBP.isLossy!(webp("VP8X", "VP8L")), false);
});

Deno.test("JPEG_2000.isLossy() tells JPEG 2000's wavelets apart", () => {
  const codestream = (wavelet: number) =>
    Uint8Array.of(
      ...[0xff, 0x4f, 0xff, 0x51, 0, 3, 7],
      ...[0xff, 0x52, 0, 12, 0, 0, 0, 1, 1, 5, 4, 4, 0, wavelet, 0xff, 0x90],
    );
  assertEquals(JPEG_2000.isLossy!(codestream(0)), true);
  assertEquals(JPEG_2000.isLossy!(codestream(1)), false);
});

Deno.test("codecOf() knows what is read, and codecName() what is not", () => {
  assertEquals(codecOf(33004), JPEG_2000);
  assertEquals(codecOf(50002), undefined);
  assertEquals(
    [1, 5, 8, 32946, 50002, 4, 12345].map(codecName),
    [
      "none",
      "LZW",
      "deflate",
      "deflate",
      "JPEG XL",
      "CCITT group 4",
      "scheme 12345",
    ],
  );
});
