import { assertEquals, assertLess, assertRejects } from "@std/assert";
import { openSlide } from "./open_slide.ts";

const pictures = new URL("../../tests/golden/pictures/", import.meta.url);

async function readPicture(
  name: string,
): Promise<{ width: number; height: number; pixels: Uint8Array }> {
  await using slide = await openSlide(new URL(name, pictures));
  const { width, height, levels } = slide;
  assertEquals(levels, [{ width, height, downsample: 1 }]);
  const pixels = await slide.readRegion({ x: 0, y: 0, width, height });
  return { width, height, pixels };
}

const rgb = await readPicture("rgb.png");

for (
  const [name, most] of [
    ["rgb16.png", 0],
    ["ycbcr.jpg", 10],
    ["cmyk.jpg", 1],
    ["exif6.jpg", 10],
    ["pal.png", 20],
  ] as const
) {
  Deno.test(`openSlide() shows ${name} like rgb.png`, async () => {
    const { pixels, ...size } = await readPicture(name);
    assertEquals(size, { width: 24, height: 20 });
    const error = pixels.reduce(
      (sum, value, i) => sum + Math.abs(value - rgb.pixels[i]),
      0,
    );
    // Colors of few pixels blur in JPEG, and the palette is small; turned or negative pictures are off by far more.
    assertLess(error / pixels.length, most + 1e-9);
  });
}

Deno.test("openSlide() makes black and white of one bit, and grays of one sample", async () => {
  const { pixels } = await readPicture("bit.png");
  assertEquals([...new Set(pixels)].toSorted(), [0, 255]);
  const gray = (await readPicture("grey.jpg")).pixels;
  for (let i = 0; i < gray.length; i += 3) {
    const luma = 0.299 * rgb.pixels[i] + 0.587 * rgb.pixels[i + 1] +
      0.114 * rgb.pixels[i + 2];
    assertLess(Math.abs(gray[i] - luma), 12);
    assertEquals([gray[i + 1], gray[i + 2]], [gray[i], gray[i]]);
  }
});

Deno.test("openSlide() turns a JPEG by its EXIF, in either byte order, to the last entry, and passes over what is cut off", async () => {
  const jpeg = await Deno.readFile(new URL("ycbcr.jpg", pictures));
  /** The picture's sides with an EXIF directory of these tags, shortened by some bytes. */
  const sides = async (
    tags: readonly (readonly [tag: number, value: number])[],
    { little = true, cut = 0, count = tags.length } = {},
  ) => {
    const tiff = new Uint8Array(10 + 12 * tags.length - cut);
    const whole = new DataView(new ArrayBuffer(10 + 12 * tags.length));
    whole.setUint16(0, little ? 0x4949 : 0x4d4d);
    whole.setUint16(2, 42, little);
    whole.setUint32(4, 8, little);
    whole.setUint16(8, count, little);
    tags.forEach(([tag, value], i) => {
      whole.setUint16(10 + 12 * i, tag, little);
      whole.setUint16(18 + 12 * i, value, little);
    });
    tiff.set(new Uint8Array(whole.buffer).subarray(0, tiff.length));
    const length = 2 + 6 + tiff.length;
    const head = [0xff, 0xe1, length >> 8, length & 255];
    const segment = [...head, ...new TextEncoder().encode("Exif\0\0"), ...tiff];
    const file = new Blob([
      jpeg.subarray(0, 2),
      Uint8Array.from(segment),
      jpeg.subarray(2),
    ]);
    await using slide = await openSlide(file, { name: "turned" });
    return [slide.width, slide.height];
  };
  const [upright, turned] = [[24, 20], [20, 24]];
  for (const little of [true, false]) {
    assertEquals(await sides([[274, 1]], { little }), upright);
    assertEquals(await sides([[274, 6]], { little }), turned);
    assertEquals(await sides([[256, 6], [274, 8]], { little }), turned);
  }
  assertEquals(await sides([[256, 6]]), upright);
  assertEquals(await sides([[256, 6], [274, 6]], { count: 1 }), upright);
  assertEquals(await sides([[274, 6]], { cut: 1 }), upright);
  assertEquals(await sides([], { count: 9 }), upright);
});

Deno.test("openSlide() looks up palettes of fewer than 8 bits", async () => {
  // Entry i of 16 is (10 i, 5 i, 255 − i); the pixels are 0, 1, 2 and 2, 15, 15.
  const png = Uint8Array.fromBase64(
    "iVBORw0KGgoAAAANSUhEUgAAAAMAAAACBAMAAABvWnspAAAAMFBMVEUAAP8KBf4UCv0eD/woFPsyGfo8HvlGI/hQKPdaLfZkMvVuN/R4PPOCQfKMRvGWS/AdDImnAAAADklEQVR42mNgVGDQ/wAAAdkBQZAqQBUAAAAASUVORK5CYII=",
  );
  await using slide = await openSlide(new Blob([png]), { name: "palette" });
  const region = { x: 0, y: 0, width: 3, height: 2 };
  assertEquals(
    await slide.readRegion(region),
    Uint8Array.from(
      [0, 1, 2, 2, 15, 15].flatMap((i) => [10 * i, 5 * i, 255 - i]),
    ),
  );
});

Deno.test("openSlide() refuses pictures that would not fit, by their header", async () => {
  const png = await Deno.readFile(new URL("rgb.png", pictures));
  const view = new DataView(png.buffer);
  view.setUint32(16, 40000);
  view.setUint32(20, 40000);
  await assertRejects(
    () => openSlide(new Blob([png]), { name: "large" }),
    RangeError,
    "must have at most 89478485 pixels, as they are decoded whole, received 40000×40000",
  );
  const jpeg = await Deno.readFile(new URL("ycbcr.jpg", pictures));
  const frame = jpeg.findIndex((byte, i) =>
    byte === 0xff && jpeg[i + 1] === 0xc0
  );
  jpeg.fill(255, frame + 5, frame + 9);
  await assertRejects(
    () => openSlide(new Blob([jpeg]), { name: "large" }),
    RangeError,
    "received 65535×65535",
  );
});

Deno.test("openSlide() refuses a PNG that inflates to more than its header says", async () => {
  const png = await Deno.readFile(new URL("rgb.png", pictures));
  new DataView(png.buffer).setUint32(20, 2);
  await using slide = await openSlide(new Blob([png]), { name: "bomb" });
  await assertRejects(
    () => slide.readRegion({ x: 0, y: 0, width: 1, height: 1 }),
    RangeError,
    "yield more than its header says",
  );
});

Deno.test("openSlide() refuses a JPEG whose scans would take for ever", async () => {
  const jpeg = await Deno.readFile(new URL("ycbcr.jpg", pictures));
  const frame = jpeg.findIndex((byte, i) =>
    byte === 0xff && jpeg[i + 1] === 0xc0
  );
  jpeg[frame + 1] = 0xc2;
  const scan = Uint8Array.of(0xff, 0xda, 0, 8, 1, 1, 0, 0, 0, 0);
  const file = new Blob([jpeg, ...Array(1000).fill(scan)]);
  await using slide = await openSlide(file, { name: "scans" });
  await assertRejects(
    () => slide.readRegion({ x: 0, y: 0, width: 1, height: 1 }),
    SyntaxError,
    "more than 100 scans",
  );
});
