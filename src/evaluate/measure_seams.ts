import { cannot } from "../errors/cannot.ts";
import type { Model } from "../predict/model.ts";
import { predictTiles, type TilePrediction } from "../predict/predict_tiles.ts";
import { type Tile, tileFactor } from "../tiles/plan_tiles.ts";

/**
 * Options for {@linkcode SeamProfile}.
 *
 * @category Seams
 */
export interface SeamProfileOptions {
  /** Side of the tiles' centers, after downsampling. */
  readonly size: number;
  /** Their total expansion. */
  readonly expansion: number;
  /** Probability above which a pixel is foreground. */
  readonly threshold: number;
}

/**
 * Differences of predictions at one distance from the tiles' borders.
 *
 * @category Seams
 */
export interface SeamPoint {
  /** Distance from the border of a tile's center to the middle of the step, in pixels after downsampling. */
  readonly distance: number;
  /** 1 − Dice of both predictions; 0 if both are empty. */
  readonly disagreement: number;
  /** Mean difference of probability. */
  readonly difference: number;
  /** Foreground pixels of either prediction. */
  readonly found: number;
}

/** Maximum steps from a tile's border to its middle. */
const STEPS = 32;

/**
 * Differences of predictions from those with more expansion, by distance from the tiles' borders.
 *
 * @category Seams
 */
export class SeamProfile {
  /** Side of the tiles' centers. */
  readonly size: number;
  /** Their total expansion. */
  readonly expansion: number;
  /** Pixels per step. */
  readonly step: number;
  readonly #byte: number;
  readonly #steps: {
    both: number;
    total: number;
    sum: number;
    pixels: number;
  }[];

  /** Makes an empty profile. */
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

  /** Adds a tile: the probabilities of its center at slide resolution as bytes, and those of the reference. */
  add(probability8: Uint8Array, reference: Uint8Array): void {
    const span = Math.sqrt(probability8.length);
    // Steps per slide pixel.
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
   * Adds the counts of another profile.
   *
   * @throws {RangeError} If its tiles have another size or expansion.
   */
  merge(other: SeamProfile): void {
    if (other.size !== this.size || other.expansion !== this.expansion) {
      throw cannot(
        "merge profiles",
        `tiles of ${other.size}+${other.expansion} and ${this.size}+${this.expansion} differ`,
        { kind: RangeError },
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
   * The smallest expansion, a multiple of 32, at which no step of this profile would differ by more than `tolerance`, or
   * `undefined` if there is none.
   */
  recommend(tolerance: number): number | undefined {
    const points = this.points;
    const bad = points.findLastIndex((one) => one.disagreement > tolerance);
    if (bad === points.length - 1) return undefined;
    const distance = (bad + 1) * this.step + this.expansion / 2;
    return Math.ceil(distance * 2 / 32) * 32;
  }
}

/**
 * Options for {@linkcode measureSeams}.
 *
 * @category Seams
 */
export interface MeasureSeamsOptions {
  /** The expansions to measure, each less than the tiles'; 0 means tiles without expansion. */
  readonly expansions: readonly number[];
  /** Whether to average over four flips. Default: false. */
  readonly flips?: boolean;
  /** Probability above which a pixel is foreground. Default: 0.5. */
  readonly threshold?: number;
  /** Called after each tile. */
  readonly onTile?: () => void;
  /** Stops the work, with the signal's reason. */
  readonly signal?: AbortSignal;
}

/**
 * Runs a model over tiles at several expansions, cut from the same pixels, and profiles the differences from the tiles' own
 * expansion, by distance from the tiles' borders. Differences only near the borders are seams.
 *
 * @param tiles Tiles with the expansion to compare with, from {@linkcode streamTiles} or {@linkcode keepTissue}.
 * @returns A profile for each expansion, in order.
 * @throws {RangeError} If an expansion is odd, negative, or not less than the tiles', or does not suit the network.
 * @throws {GpuError} If the device fails.
 *
 * @category Seams
 */
export async function measureSeams(
  tiles: AsyncIterable<Tile>,
  model: Model,
  options: MeasureSeamsOptions,
): Promise<SeamProfile[]> {
  const { expansions, flips, threshold = 0.5, onTile, signal } = options;
  const wrong = expansions.find((one) => !(one >= 0 && one % 2 === 0));
  if (wrong !== undefined) {
    throw cannot(ACTION, "expansions must be even and not negative", {
      received: wrong,
      kind: RangeError,
    });
  }
  let runs: Run[] | undefined;
  let profiles: SeamProfile[] = [];
  try {
    for await (const tile of tiles) {
      signal?.throwIfAborted();
      const tooLarge = expansions.find((one) => one >= tile.expansion);
      if (tooLarge !== undefined) {
        throw cannot(
          ACTION,
          `expansions must be less than the tiles', ${tile.expansion}`,
          { received: tooLarge, kind: RangeError },
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

const ACTION = "measure seams";

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

/** Predicts one tile at a time with a stream of predictions, which keeps its buffers and pipelines. */
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
