import { rgbOf } from "../io/classes.ts";
import { pngFile } from "../io/encode_png.ts";
import { UNKNOWN } from "../labels/label_source.ts";
import { drawLayer, Outlines } from "../masks/pictures/outlines.ts";

/**
 * A tile with its ground truth and a network's prediction.
 *
 * @category Reports
 */
export interface PredictedSample {
  /** Name of the tile on the page. */
  readonly name: string;
  /** Side in pixels. */
  readonly side: number;
  /** 8-bit RGB, row by row. */
  readonly pixels: Uint8Array;
  /** Ground truth, 0 or 1 per pixel, or the number of one of several classes; 255 where it is unknown. */
  readonly mask: Uint8Array;
  /** Predicted probability per pixel, with several classes the highest. */
  readonly probability: Float32Array;
  /** Of several classes, the predicted number per pixel. */
  readonly found?: Uint8Array;
  /** Colors of several classes. */
  readonly colors?: readonly string[];
}

/** Side of a panel in pixels, at least. */
const PANEL = 288;

/**
 * Two panels side by side as a PNG: the tile with its ground truth outlined, and with the prediction outlined; several classes
 * are tinted in their colors.
 */
export async function samplePicture(
  sample: PredictedSample,
): Promise<Uint8Array> {
  const { side, pixels, mask, probability, found: numbers, colors } = sample;
  const factor = Math.max(1, Math.floor(side / PANEL));
  const size = Math.floor(side / factor);
  const picture = shrink(pixels, { side, factor, channels: 3 });
  const isKnown = knownIn(sample);
  const truth = mask.map((value) => isKnown(value) && value ? 255 : 0);
  const found = Uint8Array.from(probability, (p) => p > 0.5 ? 255 : 0);
  const masks = numbers ? [mask, numbers] : [truth, found];
  const panels = masks.map((whole, panel) => {
    const data = picture.slice();
    if (panel === 0) fade(data, mask, { side, factor, size, isKnown });
    if (colors) {
      tint(data, whole, { side, factor, size, colors });
      return data;
    }
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

/** Mixes the colors of classes into a picture, where a class is in the middle of a block of pixels. */
function tint(
  data: Uint8Array,
  values: Uint8Array,
  { side, factor, size, colors }: {
    readonly side: number;
    readonly factor: number;
    readonly size: number;
    readonly colors: readonly string[];
  },
): void {
  const shades = colors.map(rgbOf);
  const middle = Math.floor(factor / 2);
  for (let i = 0; i < size * size; i++) {
    const [x, y] = [i % size, Math.floor(i / size)];
    const value = values[(y * factor + middle) * side + x * factor + middle];
    if (value === 0 || value > shades.length) continue;
    shades[value - 1].forEach((shade, channel) => {
      const at = i * 3 + channel;
      data[at] = Math.round((data[at] + shade) / 2);
    });
  }
}

/** Tells the values of a mask that are known. */
export function knownIn(
  { found, colors }: Pick<PredictedSample, "found" | "colors">,
): (value: number) => boolean {
  const most = found ? colors?.length ?? UNKNOWN - 1 : 1;
  return (value) => value <= most;
}

/** Makes a picture pale where the middle of a block of pixels is unknown. */
function fade(
  data: Uint8Array,
  mask: Uint8Array,
  { side, factor, size, isKnown }: {
    readonly side: number;
    readonly factor: number;
    readonly size: number;
    readonly isKnown: (value: number) => boolean;
  },
): void {
  const middle = Math.floor(factor / 2);
  for (let i = 0; i < data.length; i++) {
    const at = Math.floor(i / 3);
    const [x, y] = [at % size, Math.floor(at / size)];
    const value = mask[(y * factor + middle) * side + x * factor + middle];
    if (!isKnown(value)) data[i] = (data[i] + 3 * 255) / 4;
  }
}

/** Averages blocks of pixels. */
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

/** Dice of known pixels at a threshold of 0.5; with several classes of pixels that have the right one. */
export function diceOf(
  sample: PredictedSample,
): number {
  const { mask, probability, found: numbers } = sample;
  const isKnown = knownIn(sample);
  if (numbers) {
    let shared = 0, total = 0;
    for (let i = 0; i < mask.length; i++) {
      if (!isKnown(mask[i])) continue;
      if (mask[i] > 0) total++;
      if (numbers[i] > 0) total++;
      if (mask[i] > 0 && mask[i] === numbers[i]) shared++;
    }
    return total === 0 ? 1 : 2 * shared / total;
  }
  let shared = 0, total = 0;
  for (let i = 0; i < mask.length; i++) {
    if (!isKnown(mask[i])) continue;
    const found = probability[i] > 0.5 ? 1 : 0;
    shared += found * mask[i];
    total += found + mask[i];
  }
  return total === 0 ? 1 : 2 * shared / total;
}
