import { cannot } from "../errors/cannot.ts";
import { type Activation, colorsOf, severalOf } from "../io/classes.ts";
import { UNKNOWN } from "../labels/label_source.ts";
import type { Model } from "../predict/model.ts";
import { predictTiles } from "../predict/predict_tiles.ts";
import type { Tile } from "../tiles/plan_tiles.ts";
import { ClassScore } from "./class_score.ts";
import type { SampleTile } from "./data/sample.ts";
import type { PredictedSample } from "./sample_picture.ts";
import type { Validation } from "./train_event.ts";

/** Distance that probabilities keep from 0 and 1: a single confident mistake must not make the loss infinite. */
const MARGIN = 1e-7;

/**
 * Scores probabilities against a mask, over all added pixels together: mean binary cross-entropy, and soft Dice
 * 2·Σp·t / Σ(p + t), which needs no threshold.
 *
 * @example
 * ```ts
 * import { SegmentationScore } from "@tilewise/tilewise/train";
 *
 * const score = new SegmentationScore();
 * score.add(new Float32Array([0.5, 1, 0]), new Uint8Array([1, 1, 0]));
 * console.log(score.dice); // 0.857…: 2·1.5 / (1.5 + 2)
 * ```
 *
 * @category Validation
 */
export class SegmentationScore {
  #pixels = 0;
  #entropy = 0;
  #shared = 0;
  #total = 0;

  /**
   * Adds pixels.
   *
   * @param probabilities 0 to 1.
   * @param mask Ground truth of each pixel, 0 to 1; those of 255 are unknown and do not count.
   * @throws {RangeError} If the lengths differ.
   */
  add(probabilities: ArrayLike<number>, mask: ArrayLike<number>): void {
    if (probabilities.length !== mask.length) {
      throw cannot(
        "score probabilities",
        `mask must have as many pixels (${probabilities.length} probabilities for ${mask.length} pixels)`,
        { kind: RangeError },
      );
    }
    let [entropy, shared, total, pixels] = [0, 0, 0, 0];
    for (let i = 0; i < mask.length; i++) {
      const p = probabilities[i];
      const t = mask[i];
      if (t === UNKNOWN) continue;
      pixels++;
      shared += p * t;
      total += p + t;
      if (t > 0) entropy -= t * Math.log(Math.max(p, MARGIN));
      if (t < 1) entropy -= (1 - t) * Math.log(Math.max(1 - p, MARGIN));
    }
    this.#pixels += pixels;
    this.#entropy += entropy;
    this.#shared += shared;
    this.#total += total;
  }

  /** Mean binary cross-entropy. NaN if no pixel was added. */
  get loss(): number {
    return this.#entropy / this.#pixels;
  }

  /** Soft Dice. 1 if probabilities and masks are all 0. */
  get dice(): number {
    return this.#total === 0 ? 1 : 2 * this.#shared / this.#total;
  }
}

/**
 * Options for {@linkcode validateSamples}.
 *
 * @category Validation
 */
export interface ValidateSamplesOptions {
  /** Pixels of each tile's side that the network sees and the score ignores, both margins together. */
  readonly expansion: number;
  /** Of a model of several classes: what makes probabilities of its logits, which decides the loss. Default: `"sigmoid"`. */
  readonly activation?: Activation;
  /** Called with each tile's center and its prediction. */
  readonly onSample?: (sample: PredictedSample) => void;
  /** Stops early with the signal's reason. */
  readonly signal?: AbortSignal;
}

/**
 * Scores a model on tiles with ground truth, as expansion tiles, like inference: the network sees the margins, and only
 * the center counts. Loss and soft Dice are over all known pixels of all tiles together; of a model of several classes, Dice is the
 * mean of the classes that are labeled.
 *
 * @example
 * ```ts
 * import { type Architecture } from "@tilewise/tilewise/models";
 * import { conv2d } from "@tilewise/tilewise/graph";
 * import { loadModel } from "@tilewise/tilewise";
 * import { initializeWeights, type SampleTile, validateSamples } from "@tilewise/tilewise/train";
 *
 * const tiny: Architecture = {
 *   name: "tiny",
 *   forward: (image) => conv2d(image, { name: "a", channels: 1, kernel: 1 }),
 * };
 * await using model = await loadModel(tiny, initializeWeights(tiny, { seed: 1 }));
 * const tile: SampleTile = {
 *   sample: { index: 0, slide: "a", x: 0, y: 0, positive: 0 },
 *   side: 32,
 *   pixels: new Uint8Array(32 * 32 * 3),
 *   mask: new Uint8Array(32 * 32),
 * };
 * async function* tiles() {
 *   yield tile;
 * }
 * console.log(await validateSamples(model, tiles(), { expansion: 16 }));
 * ```
 *
 * @throws {RangeError} If there are no tiles, or tiles differ in size.
 *
 * @category Validation
 */
export async function validateSamples(
  model: Model,
  samples: AsyncIterable<SampleTile>,
  { expansion, activation = "sigmoid", onSample, signal }:
    ValidateSamplesOptions,
): Promise<Validation> {
  const several = severalOf(model.classes);
  const colors = several && colorsOf(several);
  const score = several
    ? new ClassScore(several.length, activation)
    : new SegmentationScore();
  const waiting: SampleTile[] = [];
  async function* tiles(): AsyncGenerator<Tile> {
    for await (const sample of samples) {
      waiting.push(sample);
      const { sample: { index, x, y }, side, pixels } = sample;
      const size = side - expansion;
      // The pixels are downsampled already.
      yield {
        index,
        column: 0,
        row: 0,
        x,
        y,
        size,
        expansion,
        downsample: 1,
        pixels,
      };
    }
  }
  const predictions = predictTiles(tiles(), model, {
    probability: true,
    probabilities: several !== undefined,
    signal,
  });
  for await (
    const { probability, probabilities, mask: found } of predictions
  ) {
    const { sample, side, pixels, mask } = waiting.shift()!;
    const size = side - expansion;
    const truth = center(mask, { side, size, channels: 1 });
    if (score instanceof ClassScore) score.add(probabilities!, truth);
    else score.add(probability!, truth);
    onSample?.({
      name: `${sample.slide} at ${sample.x}, ${sample.y}`,
      side: size,
      pixels: center(pixels, { side, size, channels: 3 }),
      mask: truth,
      probability: probability!,
      ...(colors && { colors, found }),
    });
  }
  const { loss, dice } = score;
  if (Number.isNaN(loss)) {
    throw cannot(
      "validate",
      "there must be tiles with known pixels, and their probabilities must be numbers",
      { kind: RangeError },
    );
  }
  return {
    ...{ loss, dice },
    ...(score instanceof ClassScore && { classDice: score.classes }),
  };
}

/** The center of a square. */
function center(
  values: Uint8Array,
  { side, size, channels }: {
    readonly side: number;
    readonly size: number;
    readonly channels: number;
  },
): Uint8Array {
  const margin = (side - size) / 2;
  const result = new Uint8Array(size * size * channels);
  for (let y = 0; y < size; y++) {
    const from = ((y + margin) * side + margin) * channels;
    result.set(
      values.subarray(from, from + size * channels),
      y * size * channels,
    );
  }
  return result;
}
