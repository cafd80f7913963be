import { drawLayer, Outlines } from "../../masks/pictures/outlines.ts";
import { pngFile } from "../../io/encode_png.ts";

/** A tile with its truth and what a network says of it. */
export interface PredictedSample {
  /** Which tile, for people. */
  readonly name: string;
  /** Its side in pixels. */
  readonly side: number;
  /** RGB, row by row. */
  readonly pixels: Uint8Array;
  /** The truth, 0 or 1. */
  readonly mask: Uint8Array;
  /** The network's probabilities. */
  readonly probability: Float32Array;
}

/** Pixels a side of a panel. */
const PANEL = 288;

/** Two panels side by side as a PNG: the tile with its truth outlined, and with what the network found. */
export async function samplePicture(
  { side, pixels, mask, probability }: PredictedSample,
): Promise<Uint8Array> {
  const factor = Math.max(1, Math.floor(side / PANEL));
  const size = Math.floor(side / factor);
  const picture = shrink(pixels, { side, factor, channels: 3 });
  const truth = mask.map((value) => value ? 255 : 0);
  const found = Uint8Array.from(probability, (p) => p > 0.5 ? 255 : 0);
  const panels = [truth, found].map((whole) => {
    const data = picture.slice();
    const coverage = shrink(whole, { side, factor, channels: 1 });
    const outlines = new Outlines(coverage, { width: size, height: size });
    for (let y = 0; y < size; y++) {
      const row = data.subarray(y * size * 3, (y + 1) * size * 3);
      drawLayer(row, outlines.row(y));
    }
    return data;
  });
  const gap = 4;
  const width = 2 * size + gap;
  const data = new Uint8Array(width * size * 3).fill(255);
  panels.forEach((panel, i) => {
    for (let y = 0; y < size; y++) {
      const row = panel.subarray(y * size * 3, (y + 1) * size * 3);
      data.set(row, (y * width + i * (size + gap)) * 3);
    }
  });
  return await pngFile({ width, height: size, channels: 3 }, data);
}

/** Means of whole blocks. */
function shrink(
  values: Uint8Array,
  { side, factor, channels }: {
    readonly side: number;
    readonly factor: number;
    readonly channels: number;
  },
): Uint8Array {
  const size = Math.floor(side / factor);
  const result = new Uint8Array(size * size * channels);
  for (let at = 0; at < result.length; at++) {
    const channel = at % channels;
    const x = (at - channel) / channels % size * factor;
    const y = Math.floor(at / channels / size) * factor;
    let sum = 0;
    for (let j = 0; j < factor; j++) {
      for (let i = 0; i < factor; i++) {
        sum += values[((y + j) * side + x + i) * channels + channel];
      }
    }
    // Rounded up, so that a small object does not vanish from a mask.
    result[at] = Math.ceil(sum / factor ** 2);
  }
  return result;
}
