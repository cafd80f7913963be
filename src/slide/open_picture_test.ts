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
