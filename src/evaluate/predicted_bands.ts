import type { LabelSource } from "../labels/label_source.ts";
import type { MaskBand } from "../masks/mask_band.ts";
import type { Slide } from "../slide/slide.ts";

/** Where predictions were written to: a mask, or a picture of probabilities of the slide's size. */
export type Predicted = { readonly mask: LabelSource } | {
  /** 8-bit grey: 0 to 255 for 0 to 1. */
  readonly probability: Slide;
  /** Probability above which a pixel is found. */
  readonly threshold: number;
};

/** Rows of a band. */
const ROWS = 512;

/** Reads predictions that were written before, as bands. */
export async function* predictedBands(
  predicted: Predicted,
  { signal }: { readonly signal?: AbortSignal } = {},
): AsyncGenerator<MaskBand, void, undefined> {
  const source = "mask" in predicted ? predicted.mask : predicted.probability;
  const { width, height: rows } = source;
  for (let y = 0; y < rows; y += ROWS) {
    signal?.throwIfAborted();
    const height = Math.min(ROWS, rows - y);
    const region = { x: 0, y, width, height };
    if ("mask" in predicted) {
      const mask = await predicted.mask.readRegion(region, { signal });
      yield { y, width, height, mask };
      continue;
    }
    const rgb = await predicted.probability.readRegion(region, { signal });
    const byte = predicted.threshold * 255;
    const probability8 = new Uint8Array(width * height);
    const mask = new Uint8Array(width * height);
    for (let i = 0; i < mask.length; i++) {
      probability8[i] = rgb[i * 3];
      mask[i] = rgb[i * 3] > byte ? 1 : 0;
    }
    yield { y, width, height, mask, probability8 };
  }
}
