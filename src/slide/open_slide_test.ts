import { assert, assertEquals, assertLess, assertRejects } from "@std/assert";
import { makeTiff, type PageSpec } from "../../tests/helpers/make_tiff.ts";
import { crop } from "../../tests/helpers/crop.ts";
import { noise } from "../../tests/helpers/noise.ts";
import { openPages, readAll } from "../../tests/helpers/open_pages.ts";
import { openSlide } from "./open_slide.ts";

const golden = new URL("../../tests/golden/tiff/", import.meta.url);

Deno.test("openSlide() reads every layout, byte order and file kind", async () => {
  const [width, height] = [75, 53];
  const pixels = noise(width, height);
  const layouts = [{}, { rowsPerStrip: 7 }, {
    tile: { width: 16, height: 32 },
  }];
  for (const layout of layouts) {
    for (const planar of [false, true]) {
      for (const compression of ["none", "deflate"] as const) {
        for (const bigTiff of [false, true]) {
          for (const littleEndian of [false, true]) {
            const page = {
              width,
              height,
              pixels,
              planar,
              compression,
              ...layout,
            };
            await using slide = await openPages([page], {
              bigTiff,
              littleEndian,
            });
            assertEquals(await readAll(slide), pixels);
          }
        }
      }
    }
  }
});

Deno.test("openSlide() cuts wide uncompressed strips without mixing rows", async () => {
  const [width, height] = [2500, 600];
  const pixels = noise(width, height);
  for (const rowsPerStrip of [600, 100, 7]) {
    for (const planar of [false, true]) {
      await using slide = await openPages([{
        width,
        height,
        pixels,
        rowsPerStrip,
        planar,
      }]);
      const region = { x: 1000, y: 250, width: 100, height: 60 };
      const expected = crop(pixels, { width, height }, { ...region, fill: 0 });
      assertEquals(await slide.readRegion(region), expected);
    }
  }
});

Deno.test("openSlide() joins three grayscale pages to RGB", async () => {
  const [width, height] = [40, 30];
  const pixels = noise(width, height);
  const plane = (c: number): PageSpec => ({
    width,
    height,
    samples: 1,
    pixels: pixels.filter((_, i) => i % 3 === c),
  });
  await using slide = await openPages([plane(0), plane(1), plane(2)]);
  assertEquals(await readAll(slide), pixels);
  assertEquals(slide.warnings, [
    "three grayscale pages are taken as red, green and blue: the file does not say what they are",
  ]);
});

Deno.test("openSlide() converts grayscale, palettes and alpha", async () => {
  const base = { width: 3, height: 1 };
  await using inverted = await openPages([
    {
      ...base,
      samples: 1,
      pixels: Uint8Array.of(0, 10, 255),
      tags: { 262: 0 },
    },
  ]);
  assertEquals(
    await readAll(inverted),
    Uint8Array.of(255, 255, 255, 245, 245, 245, 0, 0, 0),
  );
  const colorMap = Array.from(
    { length: 768 },
    (_, i) => (i % 256) * 256 + (i >> 8),
  );
  await using palette = await openPages([
    {
      ...base,
      samples: 1,
      pixels: Uint8Array.of(0, 10, 255),
      tags: { 262: 3, 320: colorMap },
    },
  ]);
  assertEquals(
    await readAll(palette),
    Uint8Array.of(0, 0, 0, 10, 10, 10, 255, 255, 255),
  );
  const rgba = Uint8Array.of(10, 20, 30, 255, 10, 20, 30, 0, 100, 0, 200, 51);
  await using alpha = await openPages([{
    ...base,
    samples: 4,
    pixels: rgba,
    tags: { 338: 2 },
  }]);
  assertEquals(
    await readAll(alpha),
    Uint8Array.of(10, 20, 30, 255, 255, 255, 224, 204, 244),
  );
  await using premultiplied = await openPages([{
    ...base,
    samples: 4,
    pixels: rgba,
    planar: true,
    tags: { 338: 1 },
  }]);
  assertEquals(
    await readAll(premultiplied),
    Uint8Array.of(10, 20, 30, 255, 255, 255, 255, 204, 255),
  );
  const cmyk = Uint8Array.of(0, 0, 0, 0, 255, 0, 51, 0, 0, 100, 0, 51);
  for (const planar of [false, true]) {
    await using inks = await openPages([{
      ...base,
      samples: 4,
      pixels: cmyk,
      planar,
      tags: { 262: 5 },
    }]);
    assertEquals(
      await readAll(inks),
      Uint8Array.of(255, 255, 255, 0, 255, 204, 204, 124, 204),
    );
  }
  await using spare = await openPages([{
    ...base,
    samples: 4,
    pixels: rgba,
    tags: { 338: 0 },
  }]);
  assertEquals(
    await readAll(spare),
    Uint8Array.of(10, 20, 30, 10, 20, 30, 100, 0, 200),
  );
});

for (
  const kind of [
    "lzw",
    "packbits",
    "zstd",
    "lerc",
    "lerc_deflate",
    "lerc_zstd",
    "jpeg_rgb",
    "jpeg_ycbcr",
    "webp",
  ]
) {
  Deno.test(`openSlide() decodes ${kind} tiles that libtiff wrote`, async () => {
    await using slide = await openSlide(new URL(`${kind}_tiles.tif`, golden));
    assertEquals([slide.name, slide.width, slide.height], [
      `${kind}_tiles`,
      24,
      20,
    ]);
    const pixels = await readAll(slide);
    const expected = drawGolden();
    if (!/jpeg|webp/.test(kind)) return assertEquals(pixels, expected);
    // JPEG blurs edges, and subsampled color more so; a wrong color space is off by far more.
    const error = pixels.reduce(
      (sum, value, i) => sum + Math.abs(value - expected[i]),
      0,
    );
    assertLess(error / pixels.length, kind === "jpeg_rgb" ? 3 : 12);
  });
}

Deno.test("openSlide() decodes JPEG 2000, in RGB and in Aperio's YCbCr", async () => {
  for (
    const [name, scheme, most] of [
      ["rgb", 33004, 0],
      ["rgb", 33005, 0],
      ["rgb", 34712, 0],
      ["ycc444", 33003, 1],
      ["ycc422", 33003, 2],
    ] as const
  ) {
    const block = await Deno.readFile(new URL(`${name}.j2k`, golden));
    const page = { width: 24, height: 20, pixels: new Uint8Array() };
    await using slide = await openPages([
      { ...page, blocks: [block], tags: { 259: scheme } },
    ]);
    const expected = drawGolden();
    (await readAll(slide)).forEach((value, i) =>
      assert(Math.abs(value - expected[i]) <= most, `${name} at ${i}`)
    );
  }
});

Deno.test("openSlide() shows all orientations upright", async () => {
  const [width, height] = [24, 20];
  const upright = drawGolden();
  // How the stored picture comes of the upright one: the tag says where its first row and column belong.
  const stored: ((x: number, y: number) => [number, number])[] = [
    (x, y) => [x, y],
    (x, y) => [width - 1 - x, y],
    (x, y) => [width - 1 - x, height - 1 - y],
    (x, y) => [x, height - 1 - y],
    (x, y) => [y, x],
    (x, y) => [y, width - 1 - x],
    (x, y) => [height - 1 - y, width - 1 - x],
    (x, y) => [height - 1 - y, x],
  ];
  for (const [i, place] of stored.entries()) {
    const size = i < 4 ? { width, height } : { width: height, height: width };
    const pixels = new Uint8Array(upright.length);
    for (let y = 0; y < height; y++) {
      for (let x = 0; x < width; x++) {
        const [u, v] = place(x, y);
        const from = (y * width + x) * 3;
        const at = (v * size.width + u) * 3;
        pixels.set(upright.subarray(from, from + 3), at);
      }
    }
    const half = { width: size.width / 2, height: size.height / 2 };
    await using slide = await openPages([
      { ...size, pixels, tags: { 274: i + 1 } },
      { ...half, pixels: noise(half.width, half.height), tags: { 254: 1 } },
    ]);
    assertEquals([slide.width, slide.height], [width, height]);
    assertEquals(slide.levels[1], { width: 12, height: 10, downsample: 2 });
    assertEquals(await readAll(slide), upright, `orientation ${i + 1}`);
    const region = { x: -3, y: 5, width: 17, height: 20 };
    assertEquals(
      await slide.readRegion(region, { fill: 9 }),
      crop(upright, { width, height }, { ...region, fill: 9 }),
    );
    await assertRejects(
      () => slide.readRegion(region, { level: 2 }),
      RangeError,
      "levels 0 to 1",
    );
  }
});

/** The picture in tests/golden/tiff, before tiffcp cut it in tiles of 16×16. */
function drawGolden(): Uint8Array {
  const pixels = new Uint8Array(24 * 20 * 3);
  for (let y = 0; y < 20; y++) {
    for (let x = 0; x < 24; x++) {
      let color = [230, 200, 220];
      if (y >= 4 && y < 16 && x >= 4 && x < 20) color = [120, 40, 110];
      if (y >= 8 && y < 12) color = [20, 200, 60];
      if (x < 4) color = [y * 12, 255 - y * 12, y * 5];
      pixels.set(color, (y * 24 + x) * 3);
    }
  }
  return pixels;
}

Deno.test("openSlide() finds levels of the same picture, and leaves labels and thumbnails", async () => {
  const page = (
    width: number,
    height: number,
    more: Partial<PageSpec> = {},
  ): PageSpec => ({
    width,
    height,
    pixels: noise(width, height),
    ...more,
  });
  const tile = { width: 16, height: 16 };
  await using slide = await openPages([
    page(64, 48, {
      tile,
      tags: { 270: "Aperio x\r\n64x48|AppMag = 20|MPP = 0.4990" },
    }),
    page(16, 12), // a thumbnail: the same shape, but striped
    page(32, 24, { tile }),
    page(16, 12, { tile }),
    page(39, 46, { tags: { 254: 1 } }), // a label
    page(32, 11, { tags: { 254: 9 } }), // the macro photograph
  ]);
  assertEquals(slide.levels, [
    { width: 64, height: 48, downsample: 1 },
    { width: 32, height: 24, downsample: 2 },
    { width: 16, height: 12, downsample: 4 },
  ]);
  assertEquals([slide.mpp, slide.objectivePower], [{ x: 0.499, y: 0.499 }, 20]);
  const region = { x: 5, y: 3, width: 20, height: 7 };
  assertEquals(
    await slide.readRegion(region, { level: 1 }),
    crop(noise(32, 24), { width: 32, height: 24 }, { ...region, fill: 255 }),
  );
});

Deno.test("openSlide() takes levels for whole factors where their sizes are rounded, and only there", async () => {
  const page = (width: number, height: number, tags = {}): PageSpec => ({
    width,
    height,
    pixels: noise(width, height),
    tags,
  });
  const reduced = { 254: 1 };
  await using slide = await openPages([
    page(203, 151),
    page(101, 76, reduced),
    page(50, 37, reduced),
    page(30, 22, reduced),
  ]);
  assertEquals(slide.levels.map(({ downsample }) => downsample), [
    1,
    2,
    4,
    203 / 30,
  ]);
});

Deno.test("openSlide() lets the caller say the scale", async () => {
  const tags = { 282: [20000, 1], 283: [20000, 1], 296: 3 };
  const file = new Blob([
    await makeTiff([{ width: 4, height: 4, pixels: noise(4, 4), tags }]),
  ]);
  for (
    const [mpp, expected] of [
      [undefined, { x: 0.5, y: 0.5 }],
      [0.25, { x: 0.25, y: 0.25 }],
      [{ x: 30, y: 31 }, { x: 30, y: 31 }],
    ] as const
  ) {
    await using slide = await openSlide(file, { mpp });
    assertEquals(slide.mpp, expected);
  }
  for (const mpp of [0, -1, NaN, Infinity, { x: 1, y: 0 }]) {
    await assertRejects(
      () => openSlide(file, { mpp }),
      RangeError,
      "mpp must be a positive number of micrometers",
    );
  }
});
