import type { Model } from "../predict/model.ts";
import { predictTiles, type TilePrediction } from "../predict/predict_tiles.ts";
import { type Tile, tileFactor } from "../tiles/plan_tiles.ts";

/** Options for {@linkcode SeamProfile}. */
export interface SeamProfileOptions {
  /** Side of the tiles' centers, after downsampling. */
  readonly size: number;
  /** Their total expansion. */
  readonly expansion: number;
  /** Probability above which a pixel is found. */
  readonly threshold: number;
}

/** How predictions differ at one distance from the tiles' borders. */
export interface SeamPoint {
  /** Distance from the border of a tile's center, in pixels after downsampling, at the middle of the step. */
  readonly distance: number;
  /** Disagreement: 1 − Dice of both predictions; 0 if both are empty. */
  readonly disagreement: number;
  /** Mean difference of probability. */
  readonly difference: number;
  /** Pixels that either prediction finds. */
  readonly found: number;
}

/** Steps from a tile's border to its middle, at most. */
const STEPS = 32;

/** How far predictions differ from those of a run with more expansion, by distance from the tiles' borders. */
export class SeamProfile {
  /** Side of the tiles' centers. */
  readonly size: number;
  /** Their total expansion. */
  readonly expansion: number;
  /** Pixels a step spans. */
  readonly step: number;
  readonly #byte: number;
  readonly #steps: {
    both: number;
    total: number;
    sum: number;
    pixels: number;
  }[];

  /** Starts a profile. */
  constructor({ size, expansion, threshold }: SeamProfileOptions) {
    this.size = size;
    this.expansion = expansion;
    this.step = Math.max(1, Math.ceil(size / 2 / STEPS));
    this.#byte = threshold * 255;
    this.#steps = Array.from(
      { length: Math.ceil(size / 2 / this.step) },
      () => ({ both: 0, total: 0, sum: 0, pixels: 0 }),
    );
  }

  /** Adds a tile: probabilities of its center at slide resolution, as bytes, and the reference's. */
  add(probability8: Uint8Array, reference: Uint8Array): void {
    const span = Math.sqrt(probability8.length);
    // Slide pixels a step, which need not be whole.
    const scale = this.size / span / this.step;
    const nearest = Float64Array.from(
      { length: span },
      (_, i) => (Math.min(i, span - 1 - i) + 0.5) * scale,
    );
    const last = this.#steps.length - 1;
    for (let y = 0; y < span; y++) {
      for (let x = 0; x < span; x++) {
        const distance = Math.min(nearest[x], nearest[y]);
        const step = this.#steps[Math.min(last, Math.floor(distance))];
        const p = probability8[y * span + x];
        const q = reference[y * span + x];
        step.pixels++;
        step.sum += Math.abs(p - q);
        if (p > this.#byte) {
          step.total++;
          if (q > this.#byte) step.both++;
        }
        if (q > this.#byte) step.total++;
      }
    }
  }

  /**
   * Adds what another profile of such tiles has seen.
   *
   * @throws {RangeError} If its tiles are of another kind.
   */
  merge(other: SeamProfile): void {
    if (other.size !== this.size || other.expansion !== this.expansion) {
      throw new RangeError(
        `Cannot merge profiles as their tiles must be of one kind: received ${other.size}+${other.expansion} into ${this.size}+${this.expansion}`,
      );
    }
    other.#steps.forEach((step, i) => {
      const own = this.#steps[i];
      own.both += step.both;
      own.total += step.total;
      own.sum += step.sum;
      own.pixels += step.pixels;
    });
  }

  /** The profile, from the border to the middle. */
  get points(): SeamPoint[] {
    return this.#steps.map(({ both, total, sum, pixels }, i) => ({
      distance: (i + 0.5) * this.step,
      disagreement: total === 0 ? 0 : 1 - 2 * both / total,
      difference: pixels === 0 ? 0 : sum / pixels / 255,
      found: total - both,
    }));
  }

  /** Disagreement over whole tiles. */
  get disagreement(): number {
    const sum = (key: "both" | "total") =>
      this.#steps.reduce((total, step) => total + step[key], 0);
    return sum("total") === 0 ? 0 : 1 - 2 * sum("both") / sum("total");
  }

  /**
   * The smallest expansion, a multiple of 32, for which no step differs by more than `tolerance` according to this
   * profile, or `undefined` if there is none.
   */
  recommend(tolerance: number): number | undefined {
    const points = this.points;
    const bad = points.findLastIndex((one) => one.disagreement > tolerance);
    if (bad === points.length - 1) return undefined;
    const distance = (bad + 1) * this.step + this.expansion / 2;
    return Math.ceil(distance * 2 / 32) * 32;
  }
}

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
