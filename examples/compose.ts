/**
 * Your own stages between those of the library. A stage takes an async iterable and returns one, so stages compose like
 * functions:
 *
 *     deno run --allow-read examples/compose.ts kidney.svs fold0.pth
 *
 * predicts only the dark tiles of a slide, and prints the fraction of foreground in each.
 *
 * @module
 */
import {
  keepTissue,
  loadModel,
  openSlide,
  predictTiles,
  type Region,
  type Slide,
  streamTiles,
  type Tile,
  type TileOptions,
} from "../mod.ts";
import type { Model } from "../src/predict/mod.ts";

/** A stage: passes on the tiles whose center touches a region, in level-0 pixels, such as an annotation's box. */
export async function* keepRegion(
  tiles: AsyncIterable<Tile>,
  { x, y, width, height }: Region,
): AsyncGenerator<Tile, void, undefined> {
  for await (const tile of tiles) {
    const side = tile.size * tile.downsample;
    const touches = tile.x < x + width && tile.x + side > x &&
      tile.y < y + height && tile.y + side > y;
    if (touches) yield tile;
  }
}

/** A stage: passes on the tiles whose mean brightness is below a limit, 0 to 255. */
export async function* keepDark(
  tiles: AsyncIterable<Tile>,
  { limit }: { readonly limit: number },
): AsyncGenerator<Tile, void, undefined> {
  for await (const tile of tiles) {
    let sum = 0;
    for (const value of tile.pixels) sum += value;
    if (sum / tile.pixels.length < limit) yield tile;
  }
}

/** The fraction of foreground in each dark tile of a region. */
export async function* shares(
  slide: Slide,
  model: Model,
  { tiles, region, limit = 200, signal }: {
    readonly tiles?: TileOptions;
    readonly region?: Region;
    readonly limit?: number;
    readonly signal?: AbortSignal;
  } = {},
): AsyncGenerator<{ x: number; y: number; share: number }> {
  const whole = { x: 0, y: 0, width: slide.width, height: slide.height };
  const all = streamTiles(slide, { ...tiles, signal });
  const chosen = keepDark(keepRegion(keepTissue(all), region ?? whole), {
    limit,
  });
  for await (const { tile, mask } of predictTiles(chosen, model, { signal })) {
    const found = mask.reduce((sum, value) => sum + value, 0);
    yield { x: tile.x, y: tile.y, share: found / mask.length };
  }
}

if (import.meta.main) {
  const [path, ...weights] = Deno.args;
  if (weights.length === 0) {
    console.error("Usage: compose.ts SLIDE WEIGHTS...");
    Deno.exit(2);
  }
  await using slide = await openSlide(path);
  await using model = await loadModel("auto", weights);
  let dark = 0;
  for await (const { x, y, share } of shares(slide, model)) {
    console.log(`${x}, ${y}: ${(share * 100).toFixed(1)} %`);
    dark++;
  }
  if (dark === 0) console.log("No dark tiles");
}
