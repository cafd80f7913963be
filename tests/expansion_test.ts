import { loadModel } from "../src/predict/load_model.ts";
import { predictTiles } from "../src/predict/predict_tiles.ts";
import type { Slide } from "../src/slide/slide.ts";
import {
  planTiles,
  type Tile,
  type TileOptions,
} from "../src/tiles/plan_tiles.ts";
import { streamTiles } from "../src/tiles/stream_tiles.ts";
import { crop } from "./helpers/crop.ts";
import { noise } from "./helpers/noise.ts";
import { smallNetwork, smallNetworkReach } from "./helpers/small_network.ts";
import { syntheticStateDict } from "./helpers/synthetic_state_dict.ts";
import { assert } from "@std/assert";

// Tiled and whole-image results must agree once the expansion covers what the network sees, for a network that sees a
// finite distance: `smallNetworkReach` pixels, and one more where the probability is upsampled.

const TOLERANCE = 1e-5;
/** By downsampling: odd sizes, so that the grid has padding on all sides. */
const slides: Record<number, Slide> = {
  1: noiseSlide(71, 53),
  2: noiseSlide(141, 107),
};
const model = await loadModel(smallNetwork, [syntheticStateDict(smallNetwork)]);
Deno.test.afterAll(() => model[Symbol.asyncDispose]());

for (const downsample of [1, 2]) {
  const reach = smallNetworkReach + (downsample > 1 ? 1 : 0);
  // Tiles and margins are even, since the network halves its input: the tiles see the whole image's grid of windows.
  const enough = 4 * Math.ceil(reach / 2);
  for (const size of [32 - enough, 64 - enough, 96 - enough]) {
    for (const flips of [false, true]) {
      const what = `size ${size}, downsample ${downsample}${
        flips ? ", flips" : ""
      }`;
      Deno.test(`predictTiles() equals the whole image where the expansion covers the reach: ${what}`, async () => {
        const options = { size, expansion: enough, downsample };
        const { tiles, difference } = await compare(options, flips);
        assert(
          difference <= TOLERANCE,
          `${tiles} tiles differ by ${difference}`,
        );
      });
    }
  }
}

// Otherwise the tests above would prove nothing.
for (const downsample of [1, 2]) {
  for (const expansion of [0, 4, 8, 12]) {
    Deno.test(`predictTiles() differs from the whole image where the expansion is ${expansion}, downsample ${downsample}`, async () => {
      const { difference } = await compare({
        size: 32 - expansion,
        expansion,
        downsample,
      }, false);
      assert(difference > 10 * TOLERANCE, `only ${difference}`);
    });
  }
}

/** Largest difference between a slide's tiles and the same pixels of one tile that holds the whole, padded slide. */
async function compare(
  options: Required<Omit<TileOptions, "mpp" | "level">>,
  flips: boolean,
): Promise<{ tiles: number; difference: number }> {
  const { size, downsample } = options;
  const slide = slides[downsample];
  const grid = planTiles(slide, options);
  const whole = await wholeTile(slide, options);
  const [{ probability: reference }] = await Array.fromAsync(
    predictTiles(stream(whole), model, { flips, probability: true }),
  );
  const pitch = whole.size * downsample;
  const width = size * downsample;
  let tiles = 0;
  let difference = 0;
  for await (
    const { tile, probability } of predictTiles(
      streamTiles(slide, options),
      model,
      { flips, probability: true },
    )
  ) {
    tiles++;
    for (let y = 0; y < width; y++) {
      for (let x = 0; x < width; x++) {
        const at = (tile.row * width + y) * pitch + tile.column * width + x;
        const delta = Math.abs(probability![y * width + x] - reference![at]);
        difference = Math.max(
          difference,
          Number.isNaN(delta) ? Infinity : delta,
        );
      }
    }
  }
  assert(tiles === grid.count && (tiles > 1) === (size < 70), `${tiles} tiles`);
  return { tiles, difference };
}

/** The whole grid as one square tile, with a margin that keeps the network's own padding far away from every tile. */
async function wholeTile(
  slide: Slide,
  options: Required<Omit<TileOptions, "mpp" | "level">>,
): Promise<Tile> {
  const { size, downsample } = options;
  const grid = planTiles(slide, options);
  const { x, y } = grid.tile(0);
  const wholeSize = Math.max(grid.columns, grid.rows) * size;
  const margin = 32;
  const side = (wholeSize + 2 * margin) * downsample;
  const pixels = await slide.readRegion({
    x: x - margin * downsample,
    y: y - margin * downsample,
    width: side,
    height: side,
  });
  return {
    index: 0,
    column: 0,
    row: 0,
    x,
    y,
    size: wholeSize,
    expansion: 2 * margin,
    downsample,
    pixels,
  };
}

async function* stream(tile: Tile): AsyncGenerator<Tile> {
  yield await Promise.resolve(tile);
}

function noiseSlide(width: number, height: number): Slide {
  const pixels = noise(width, height);
  return {
    name: "noise",
    width,
    height,
    levels: [{ width, height, downsample: 1 }],
    readRegion: (region, { fill = 255 } = {}) =>
      Promise.resolve(crop(pixels, { width, height }, { ...region, fill })),
    [Symbol.asyncDispose]: () => Promise.resolve(),
  };
}
