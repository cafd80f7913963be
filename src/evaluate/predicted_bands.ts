import type { LabelSource } from "../labels/label_source.ts";
import type { MaskBand } from "../masks/mask_band.ts";
import type { Slide } from "../slide/slide.ts";

/** Existing predictions: a mask, a probability map of the slide's size, or both. */
export type Predicted = {
  readonly mask: LabelSource;
  /** 8-bit gray: 0 to 255 for 0 to 1. */
  readonly probability?: Slide;
} | {
  readonly mask?: undefined;
  readonly probability: Slide;
  /** Probability above which a pixel is foreground. */
  readonly threshold: number;
};

/** Rows per band. */
const ROWS = 512;

/** Reads existing predictions as bands. A mask is used as it is, independent of the probabilities. */
export async function* predictedBands(
  predicted: Predicted,
  { signal }: { readonly signal?: AbortSignal } = {},
): AsyncGenerator<MaskBand, void, undefined> {
  const { mask: source, probability } = predicted;
  const { width, height: rows } = source ?? probability!;
  for (let y = 0; y < rows; y += ROWS) {
    signal?.throwIfAborted();
    const height = Math.min(ROWS, rows - y);
    const region = { x: 0, y, width, height };
    const rgb = await probability?.readRegion(region, { signal });
    const probability8 = rgb && new Uint8Array(width * height);
    if (probability8) {
      for (let i = 0; i < probability8.length; i++) {
        probability8[i] = rgb[i * 3];
      }
    }
    const mask = source
      ? await source.readRegion(region, { signal })
      : above(probability8!, predicted.threshold);
    yield { y, width, height, mask, probability8 };
  }
}

function above(probability8: Uint8Array, threshold: number): Uint8Array {
  const byte = threshold * 255;
  return probability8.map((value) => value > byte ? 1 : 0);
}
