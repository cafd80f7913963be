import { assert, assertEquals, assertMatch, assertRejects } from "@std/assert";
import { makeTiff, type PageSpec } from "../../tests/helpers/make_tiff.ts";
import { crop } from "../../tests/helpers/crop.ts";
import { noise } from "../../tests/helpers/noise.ts";
import { openSlide } from "./open_slide.ts";
import { usualCache } from "./block_slide.ts";
import type { BlockLevel, BlockSource } from "./blocks.ts";

async function openPages(
  pages: readonly PageSpec[],
  file: Parameters<typeof makeTiff>[1] = {},
): Promise<Awaited<ReturnType<typeof openSlide>>> {
  return await openSlide(new Blob([await makeTiff(pages, file)]), {
    name: "made",
  });
}

Deno.test("readRegion() fills what lies outside, at every border", async () => {
  const size = { width: 37, height: 23 };
  const pixels = noise(size.width, size.height);
  await using slide = await openPages([{
    ...size,
    pixels,
    tile: { width: 16, height: 16 },
  }]);
  for (const x of [-50, -5, 0, 10, 30, 37]) {
    for (const y of [-40, -5, 0, 10, 20, 23]) {
      for (const width of [1, 9, 60]) {
        for (const fill of [0, 255]) {
          const region = { x, y, width, height: 11 };
          const expected = crop(pixels, size, { ...region, fill });
          assertEquals(await slide.readRegion(region, { fill }), expected);
        }
      }
    }
  }
});

Deno.test("readRegion() serves many callers at once", async () => {
  const [width, height] = [200, 160];
  const pixels = noise(width, height);
  const path = await Deno.makeTempFile({ suffix: ".tif" });
  try {
    const tile = { width: 32, height: 32 };
    const page = {
      width,
      height,
      pixels,
      tile,
      compression: "deflate" as const,
    };
    await Deno.writeFile(path, await makeTiff([page]));
    await using slide = await openSlide(path, { cacheBytes: 8 * 32 * 32 * 3 });
    const regions = Array.from({ length: 30 }, (_, i) => ({
      x: (i * 37) % 150 - 10,
      y: (i * 53) % 120 - 10,
      width: 60,
      height: 50,
    }));
    const read = await Promise.all(
      regions.map((region) => slide.readRegion(region)),
    );
    read.forEach((bytes, i) =>
      assertEquals(
        bytes,
        crop(pixels, { width, height }, { ...regions[i], fill: 255 }),
      )
    );
  } finally {
    await Deno.remove(path);
  }
});

Deno.test("readRegion() stops on its signal with the signal's reason", async () => {
  await using slide = await openPages([{
    width: 64,
    height: 64,
    pixels: noise(64, 64),
  }]);
  const reason = new Error("enough");
  const signal = AbortSignal.abort(reason);
  const region = { x: 0, y: 0, width: 64, height: 64 };
  const error = await assertRejects(() => slide.readRegion(region, { signal }));
  assert(error === reason);
  const controller = new AbortController();
  const read = slide.readRegion(region, { signal: controller.signal });
  controller.abort(reason);
  assert(await assertRejects(() => read) === reason);
  assertEquals((await slide.readRegion(region)).length, 64 * 64 * 3);
});

Deno.test("readRegion() refuses what is no region", async () => {
  const slide = await openPages([{ width: 8, height: 8, pixels: noise(8, 8) }]);
  const region = { x: 0, y: 0, width: 4, height: 4 };
  for (
    const wrong of [{ width: 0 }, { height: -1 }, { x: 0.5 }, { y: NaN }, {
      width: 1e6,
      height: 1e6,
    }]
  ) {
    await assertRejects(
      () => slide.readRegion({ ...region, ...wrong }),
      RangeError,
      "received",
    );
  }
  await assertRejects(
    () => slide.readRegion(region, { level: 1 }),
    RangeError,
    "levels 0 to 0",
  );
  await assertRejects(
    () => slide.readRegion(region, { fill: 256 }),
    RangeError,
    "0 to 255",
  );
  await slide[Symbol.asyncDispose]();
  await slide[Symbol.asyncDispose]();
  await assertRejects(() => slide.readRegion(region), TypeError, "closed");
});

Deno.test("readRegion() names the block that is damaged", async () => {
  const page = {
    width: 40,
    height: 30,
    pixels: noise(40, 30),
    compression: "deflate" as const,
  };
  const file = await makeTiff([{ ...page, rowsPerStrip: 10 }]);
  file.fill(7, 8, 60);
  await using slide = await openSlide(new Blob([file]), { name: "bad" });
  const region = { x: 0, y: 0, width: 40, height: 30 };
  await assertRejects(
    () => slide.readRegion(region),
    SyntaxError,
    'Cannot read block at 0, 0 of level 0 of slide "bad": its deflate data are damaged',
  );
  // Other blocks are not the worse for it.
  const expected = crop(page.pixels, page, {
    x: 0,
    y: 10,
    width: 40,
    height: 20,
    fill: 0,
  });
  assertEquals(
    await slide.readRegion({ ...region, y: 10, height: 20 }),
    expected,
  );
});

Deno.test("openSlide() leaves out a level that is truncated, and says so", async () => {
  const level = { width: 16, height: 16, pixels: noise(16, 16) };
  const page = { width: 32, height: 32, pixels: noise(32, 32) };
  await using slide = await openPages([
    page,
    { ...level, tags: { 254: 1, 273: 1e9 } },
  ]);
  assertEquals(slide.levels.length, 1);
  assertMatch(
    slide.warnings!.join(),
    /^page 1 \(16×16 px\) is left out as a level: it is truncated: block 0 ends/,
  );
});

Deno.test("usualCache() holds the blocks that a row of tiles shares with the next", () => {
  const least = 48 * 2 ** 20;
  const cacheOf = (
    { width = 100_000, height = 80_000, ...blocks }: Partial<BlockLevel> & {
      readonly blockWidth?: number;
      readonly blockHeight?: number;
      readonly isCheap?: boolean;
    },
  ) =>
    usualCache({
      ...{ width, height, downsample: 1 },
      blocks: { blockWidth: 256, blockHeight: 256, ...blocks } as BlockSource,
    });
  // 512 rows from anywhere in a block touch three rows of blocks, 2560 eleven; a tile's 512 columns three columns.
  const shared = 3 * 256 * 11 * 256;
  assertEquals(cacheOf({}), 3 * (100_000 * 3 * 256 + shared));
  assertEquals(cacheOf({ width: 5_000, height: 5_000 }), least);
  assertEquals(cacheOf({ width: 1_000_000 }), 2 ** 30);

  // A strip is as wide as the slide, and may be as tall.
  const strips = { width: 20_000, height: 6_000 };
  const rows = { ...strips, blockWidth: 20_000, blockHeight: 16 };
  assertEquals(cacheOf(rows), 3 * 20_000 * (33 * 16 + 161 * 16));
  const whole = { ...strips, blockWidth: 20_000, blockHeight: 6_000 };
  assertEquals(cacheOf(whole), 3 * 20_000 * (6_000 + 6_000));
  // Blocks that cost little are read again instead.
  assertEquals(cacheOf({ ...whole, isCheap: true }), least);
});
