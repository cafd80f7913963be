import type { Model } from "../predict/model.ts";
import { predictTiles, type TilePrediction } from "../predict/predict_tiles.ts";
import { tileFactor } from "../tiles/tile_factor.ts";
import type { Tile } from "../tiles/tile.ts";
import { SeamProfile } from "./seam_profile.ts";

/** Options for {@linkcode measureSeams}. */
export interface MeasureSeamsOptions {
  /** The expansions to measure, each less than the tiles'; plain tiles are 0. */
  readonly expansions: readonly number[];
  /** Whether to average over four flips. Default: false. */
  readonly flips?: boolean;
  /** Probability above which a pixel is in the mask. Default: 0.5. */
  readonly threshold?: number;
  /** Called for each tile, once it is measured. */
  readonly onTile?: () => void;
  /** Stops the work early, with the signal's reason. */
  readonly signal?: AbortSignal;
}

/**
 * Runs a model over tiles at several expansions, cut from the same pixels, and profiles how far each differs from the
 * tiles' own expansion, by distance from the tiles' borders. Differences only near the borders are seams.
 *
 * @param tiles Tiles with the expansion to compare with, as {@linkcode streamTiles} and {@linkcode keepTissue} give
 * them.
 * @returns A profile for each expansion, in their order.
 * @throws {RangeError} If an expansion is odd, negative, or not less than the tiles', or breaks a rule of the network.
 * @throws {GpuError} If the device fails.
 */
export async function measureSeams(
  tiles: AsyncIterable<Tile>,
  model: Model,
  options: MeasureSeamsOptions,
): Promise<SeamProfile[]> {
  const { expansions, flips, threshold = 0.5, onTile, signal } = options;
  const wrong = expansions.find((one) => !(one >= 0 && one % 2 === 0));
  if (wrong !== undefined) {
    throw new RangeError(
      `Cannot measure seams as expansions are even and not negative: received ${wrong}`,
    );
  }
  let runs: Run[] | undefined;
  let profiles: SeamProfile[] = [];
  try {
    for await (const tile of tiles) {
      signal?.throwIfAborted();
      const tooLarge = expansions.find((one) => one >= tile.expansion);
      if (tooLarge !== undefined) {
        throw new RangeError(
          `Cannot measure seams as what is compared with has more expansion: received ${tooLarge} beside ${tile.expansion}`,
        );
      }
      runs ??= [...expansions, tile.expansion].map(() =>
        startRun(model, { flips, threshold })
      );
      if (profiles.length === 0) {
        profiles = expansions.map((expansion) =>
          new SeamProfile({ size: tile.size, expansion, threshold })
        );
      }
      const predictions: TilePrediction[] = [];
      for (const [i, run] of runs.entries()) {
        const expansion = expansions[i] ?? tile.expansion;
        predictions.push(await run.predict(cropTile(tile, expansion)));
      }
      const reference = predictions.pop()!.probability8!;
      predictions.forEach(({ probability8 }, i) =>
        profiles[i].add(probability8!, reference)
      );
      onTile?.();
    }
  } finally {
    for (const run of runs ?? []) await run.end();
  }
  return profiles;
}

/** A tile with less expansion. */
function cropTile(tile: Tile, expansion: number): Tile {
  if (expansion === tile.expansion) return tile;
  const factor = tileFactor(tile);
  const from = (tile.size + tile.expansion) * factor;
  const side = (tile.size + expansion) * factor;
  const margin = (from - side) / 2;
  const pixels = new Uint8Array(side * side * 3);
  for (let row = 0; row < side; row++) {
    const start = ((row + margin) * from + margin) * 3;
    pixels.set(tile.pixels.subarray(start, start + side * 3), row * side * 3);
  }
  return { ...tile, expansion, pixels };
}

interface Run {
  predict(tile: Tile): Promise<TilePrediction>;
  end(): Promise<void>;
}

/** One tile at a time through a stream of predictions, whose buffers and pipelines stay. */
function startRun(
  model: Model,
  options: { readonly flips?: boolean; readonly threshold: number },
): Run {
  let next: Tile | undefined;
  async function* tiles(): AsyncGenerator<Tile> {
    while (next) {
      const tile = next;
      next = undefined;
      yield tile;
    }
  }
  const predictions = predictTiles(tiles(), model, {
    ...options,
    probability8: true,
    inFlight: 1,
  });
  return {
    async predict(tile) {
      next = tile;
      const { value } = await predictions.next();
      return value;
    },
    async end() {
      await predictions.return?.();
    },
  };
}
