import type { Model } from "../predict/model.ts";
import { predictTiles } from "../predict/predict_tiles.ts";
import type { Tile } from "../tiles/tile.ts";
import type { SampleTile } from "./data/sample.ts";
import type { PredictedSample } from "./page/sample_picture.ts";
import { SegmentationScore } from "./segmentation_score.ts";
import type { Validation } from "./train.ts";

/** How {@linkcode validateSamples} predicts. */
export interface ValidateSamplesOptions {
  /** What of each tile's side is margin, both sides together, that the network sees and the score does not. */
  readonly expansion: number;
  /** Called with each tile's centre and its prediction. */
  readonly onSample?: (sample: PredictedSample) => void;
  /** Ends the run early, with the signal's reason. */
  readonly signal?: AbortSignal;
}

/**
 * Scores a model on tiles with their truth, by expansion tiles as in inference: the network sees the margin, only the centre
 * counts. Loss and soft Dice are over all pixels of all tiles together.
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
 * @throws {RangeError} where there is no tile, or tiles differ in size.
 */
export async function validateSamples(
  model: Model,
  samples: AsyncIterable<SampleTile>,
  { expansion, onSample, signal }: ValidateSamplesOptions,
): Promise<Validation> {
  const score = new SegmentationScore();
  const waiting: SampleTile[] = [];
  async function* tiles(): AsyncGenerator<Tile> {
    for await (const sample of samples) {
      waiting.push(sample);
      const { sample: { index, x, y }, side, pixels } = sample;
      const size = side - expansion;
      // They are downsampled already.
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
    signal,
  });
  for await (const { probability } of predictions) {
    const { sample, side, pixels, mask } = waiting.shift()!;
    const size = side - expansion;
    const truth = centre(mask, { side, size, channels: 1 });
    score.add(probability!, truth);
    onSample?.({
      name: `${sample.slide} at ${sample.x}, ${sample.y}`,
      side: size,
      pixels: centre(pixels, { side, size, channels: 3 }),
      mask: truth,
      probability: probability!,
    });
  }
  const { loss, dice } = score;
  if (Number.isNaN(loss)) {
    throw new RangeError(
      "Cannot validate as there must be tiles and finite probabilities: received none",
    );
  }
  return { loss, dice };
}

/** The middle of a square. */
function centre(
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
