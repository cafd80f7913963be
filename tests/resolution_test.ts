import { conv2d } from "../src/graph/ops/conv2d.ts";
import { stitchBands } from "../src/masks/stitch/stitch_bands.ts";
import type { Architecture } from "../src/models/architecture.ts";
import { loadModel } from "../src/predict/load_model.ts";
import { predictTiles } from "../src/predict/predict_tiles.ts";
import { openSlide } from "../src/slide/open_slide.ts";
import { areaDownsample } from "../src/tiles/area_downsample.ts";
import type { Tile, TileOptions } from "../src/tiles/plan_tiles.ts";
import { streamTiles } from "../src/tiles/stream_tiles.ts";
import { makeTiff, type PageSpec } from "./helpers/make_tiff.ts";
import { noise } from "./helpers/noise.ts";
import { assert, assertAlmostEquals, assertEquals } from "@std/assert";

const [width, height] = [360, 312];
const disc = { x: 151.3, y: 140.7, radius: 70 };

/** 2.5 px/µm, so 0.4 µm a pixel, in the resolution tags. */
const scaled = { 282: [25000, 1], 283: [25000, 1], 296: 3 };

function page(pixels: Uint8Array, factor = 1): PageSpec {
  const tile = { width: 64, height: 64 };
  return {
    width: width / factor,
    height: height / factor,
    pixels: factor === 1
      ? pixels
      : areaDownsample(pixels, { width, height, factor }),
    tile,
    tags: factor === 1 ? scaled : { 254: 1 },
  };
}

async function makeSlide(pixels: Uint8Array, factors: number[]) {
  const pages = factors.map((factor) => page(pixels, factor));
  return await openSlide(new Blob([await makeTiff(pages)]), { name: "disc" });
}

function discPixels(): Uint8Array {
  const pixels = new Uint8Array(width * height * 3).fill(255);
  for (let i = 0; i < width * height; i++) {
    const [x, y] = [i % width + 0.5, Math.floor(i / width) + 0.5];
    if (Math.hypot(x - disc.x, y - disc.y) < disc.radius) {
      pixels.fill(0, i * 3, i * 3 + 3);
    }
  }
  return pixels;
}

const options = { size: 64, expansion: 32 };
const pixelsOf = ({ x, y, pixels }: Tile) => ({ x, y, pixels });

Deno.test("streamTiles() by mpp gives the very tiles of the downsample that it amounts to", async () => {
  await using slide = await makeSlide(noise(width, height), [1]);
  assertAlmostEquals(slide.mpp!.x, 0.4);
  for (const downsample of [1, 2, 3]) {
    const mpp = 0.4 * downsample;
    const [some, others] = await Promise.all(
      [{ mpp }, { downsample }].map((scale) =>
        Array.fromAsync(streamTiles(slide, { ...options, ...scale }), pixelsOf)
      ),
    );
    assertEquals(some, others);
  }
});

Deno.test("streamTiles() by mpp reads the nearest finer level", async () => {
  await using slide = await makeSlide(noise(width, height), [1, 4]);
  const reads = new Set<number | undefined>();
  const read = slide.readRegion.bind(slide);
  slide.readRegion = (region, more) => {
    reads.add(more?.level);
    return read(region, more);
  };
  const tiles = await Array.fromAsync(
    streamTiles(slide, { ...options, mpp: 1.6 }),
  );
  assertEquals([...reads], [1]);
  // The level holds means of blocks of 4, and the grid keeps to its pixels.
  const side = (options.size + options.expansion) * 4;
  for (const { x, y, pixels } of tiles) {
    const margin = options.expansion / 2 * 4;
    const region = { x: x - margin, y: y - margin, width: side, height: side };
    const whole = await slide.readRegion(region);
    assertEquals(
      pixels,
      areaDownsample(whole, { width: side, height: side, factor: 4 }),
    );
  }
});

const darkness: Architecture = {
  name: "darkness",
  forward: (image) => conv2d(image, { name: "dark", channels: 1, kernel: 1 }),
};
// The logit is positive where red is below half (the default normalisation is (v - 0.6546) / 0.1517), and so near to
// zero that the sigmoid is almost straight, which keeps edges between pixels where they are.
const weights = new Map([
  ["dark.weight", tensor([1, 3, 1, 1], [-0.2, 0, 0])],
  ["dark.bias", tensor([1], [0.2 * (0.5 - 0.65459856) / 0.15167958])],
]);

function tensor(shape: number[], values: number[]) {
  const data = new Uint8Array(Float32Array.from(values).buffer);
  return { shape, dtype: "f32" as const, data };
}

Deno.test("predictTiles() neither shifts nor scales what it finds, at any mpp", async () => {
  await using model = await loadModel(darkness, [weights]);
  const scales: [TileOptions, number[]][] = [
    [{ downsample: 2 }, [1]],
    [{ downsample: 1.37 }, [1]],
    [{ mpp: 0.37 }, [1]],
    [{ mpp: 0.9 }, [1]],
    [{ mpp: 1.1 }, [1, 2]],
    [{ mpp: 1.6 }, [1, 4]],
    [{ mpp: 2.13 }, [1, 4]],
    [{ downsample: 4, level: 1 }, [1, 2]],
  ];
  for (const [scale, levels] of scales) {
    const what = JSON.stringify(scale);
    await using slide = await makeSlide(discPixels(), levels);
    const tiles = streamTiles(slide, { ...options, ...scale });
    const bands = stitchBands(predictTiles(tiles, model), slide);
    let [rows, area, sumX, sumY] = [0, 0, 0, 0];
    for await (const band of bands) {
      assertEquals(band.mask.length, width * band.height, what);
      rows += band.height;
      band.mask.forEach((value, i) => {
        area += value;
        sumX += value * (i % width + 0.5);
        sumY += value * (band.y + Math.floor(i / width) + 0.5);
      });
    }
    assertEquals(rows, height, what);
    assert(area > 0, what);
    assertAlmostEquals(sumX / area, disc.x, 0.25, what);
    assertAlmostEquals(sumY / area, disc.y, 0.25, what);
    assertAlmostEquals(Math.sqrt(area / Math.PI), disc.radius, 0.5, what);
  }
});
