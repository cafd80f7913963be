import { assert, assertEquals } from "@std/assert";
import { decodeJpegCmyk } from "./jpeg.ts";

const cmyk = await Deno.readFile(
  new URL("../../../tests/golden/pictures/cmyk.jpg", import.meta.url),
);

Deno.test("decodeJpegCmyk() takes YCCK for YCbCr of the complements, with black as it is", async () => {
  const stored = await decodeJpegCmyk([cmyk], {
    transform: false,
    inverted: false,
  });
  const inks = await decodeJpegCmyk([cmyk], {
    transform: true,
    inverted: false,
  });
  for (let i = 0; i < stored.length; i += 4) {
    const [y, cb, cr, black] = stored.subarray(i, i + 4);
    const rgb = [
      y + 1.402 * (cr - 128),
      y - 0.344136 * (cb - 128) - 0.714136 * (cr - 128),
      y + 1.772 * (cb - 128),
    ];
    rgb.forEach((value, c) => {
      const complement = 255 - Math.min(255, Math.max(0, value));
      assert(Math.abs(inks[i + c] - complement) <= 0.5, `ink ${c} at ${i}`);
    });
    assertEquals(inks[i + 3], black);
  }
});

Deno.test("decodeJpegCmyk() turns inks over where 255 is none", async () => {
  for (const transform of [false, true]) {
    const inks = await decodeJpegCmyk([cmyk], { transform, inverted: false });
    assertEquals(
      await decodeJpegCmyk([cmyk], { transform, inverted: true }),
      inks.map((ink) => 255 - ink),
    );
  }
});
