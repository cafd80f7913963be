import { assert, assertEquals } from "@std/assert";
import { openSlide } from "../../slide/open_slide.ts";
import { encodePhoto } from "./encode_photo.ts";

const sizes = [[1, 1], [17, 9], [512, 9], [3, 512], [64, 64], [509, 512]];

Deno.test("encodePhoto() keeps colors at any size, several at a time", async () => {
  await Promise.all(sizes.map(async ([width, height], i) => {
    const color = [200, 40 + 30 * i, 90];
    const pixels = Uint8Array.from(
      { length: width * height * 3 },
      (_, k) => color[k % 3],
    );
    const decoded = await decode(await encodePhoto(pixels, { width, height }), [
      width,
      height,
    ]);
    assertEquals(decoded.length, pixels.length);
    assert(pixels.every((value, k) => Math.abs(value - decoded[k]) <= 3));
  }));
});

Deno.test("encodePhoto() has room for the noisiest pictures", async () => {
  for (const [width, height] of sizes) {
    const pixels = Uint8Array.from(
      { length: width * height * 3 },
      (_, k) => (Math.imul(k, 2654435761) >>> 13) & 1 ? 255 : 0,
    );
    const file = await encodePhoto(pixels, { width, height });
    const decoded = await decode(file, [width, height]);
    const difference = pixels.reduce(
      (sum, value, k) => sum + Math.abs(value - decoded[k]),
      0,
    );
    assert(difference / pixels.length < 25, `${width}×${height}`);
  }
});

async function decode(
  file: Uint8Array,
  [width, height]: readonly number[],
): Promise<Uint8Array> {
  const blob = new Blob([file as Uint8Array<ArrayBuffer>]);
  await using picture = await openSlide(blob);
  return await picture.readRegion({ x: 0, y: 0, width, height });
}
