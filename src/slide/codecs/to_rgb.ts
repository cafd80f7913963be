import type { BlockFormat, BlockJob } from "./block_job.ts";

/** Bytes of a block of YCbCr outside of JPEG: units of luma samples that share their two chroma samples. */
export function ycbcrBytes(
  { format, width, height }: {
    readonly format: { readonly subsampling: readonly [number, number] };
    readonly width: number;
    readonly height: number;
  },
): number {
  const [h, v] = format.subsampling;
  return Math.ceil(width / h) * Math.ceil(height / v) * (h * v + 2);
}

/**
 * Converts a block of YCbCr units to RGB.
 *
 * Source: TIFF 6.0, section 21; CCIR 601-1 with the full range of bytes.
 */
export function ycbcrToRgb(
  bytes: Uint8Array,
  { format, width, height }: BlockJob,
): Uint8Array {
  const [h, v] = format.subsampling;
  const rgb = new Uint8ClampedArray(width * height * 3);
  const unit = h * v + 2;
  for (let top = 0, at = 0; top < height; top += v) {
    for (let left = 0; left < width; left += h, at += unit) {
      const chroma = at + h * v;
      for (let y = top; y < Math.min(top + v, height); y++) {
        for (let x = left; x < Math.min(left + h, width); x++) {
          const luma = bytes[at + (y - top) * h + x - left];
          setRgb(
            rgb,
            (y * width + x) * 3,
            luma,
            bytes[chroma],
            bytes[chroma + 1],
          );
        }
      }
    }
  }
  return new Uint8Array(rgb.buffer);
}

/** Converts interleaved Y, Cb, Cr to RGB, in place. */
export function ycbcrPixelsToRgb(pixels: Uint8Array): Uint8Array {
  const rgb = new Uint8ClampedArray(
    pixels.buffer,
    pixels.byteOffset,
    pixels.length,
  );
  for (let i = 0; i + 2 < rgb.length; i += 3) {
    setRgb(rgb, i, rgb[i], rgb[i + 1], rgb[i + 2]);
  }
  return pixels;
}

function setRgb(
  rgb: Uint8ClampedArray,
  i: number,
  y: number,
  cb: number,
  cr: number,
): void {
  rgb[i] = y + 1.402 * (cr - 128);
  rgb[i + 1] = y - 0.344136 * (cb - 128) - 0.714136 * (cr - 128);
  rgb[i + 2] = y + 1.772 * (cb - 128);
}

/**
 * Converts a block's samples to RGB. `parts` holds one array, or one per plane. Alpha is composited over white, so that
 * areas without data look like glass.
 */
export function toRgb(
  parts: readonly Uint8Array[],
  format: BlockFormat,
): Uint8Array {
  const { photometric, colors, alpha } = format;
  // One part with all samples, or one sample in each part: either way, a start and a step for each sample.
  const chunky = parts.length === 1;
  const step = chunky ? format.samples : 1;
  const sample = (i: number) => chunky ? parts[0].subarray(i) : parts[i];
  if (chunky && colors === 3 && step === 3) return parts[0];

  const pixels = parts[0].length / step;
  const rgb = new Uint8Array(pixels * 3);
  if (colors === 4) {
    fromCmyk(rgb, [0, 1, 2, 3].map(sample), step);
  } else {
    const map = photometric === 3 ? format.colorMap : undefined;
    const entries = map ? map.length / 3 : 0;
    const flip = photometric === 0 ? 255 : 0;
    for (let channel = 0; channel < 3; channel++) {
      const from = sample(colors === 3 ? channel : 0);
      const table = map?.subarray(channel * entries, (channel + 1) * entries);
      for (let i = 0, j = channel; j < rgb.length; i += step, j += 3) {
        rgb[j] = table ? table[from[i]] : from[i] ^ flip;
      }
    }
  }
  if (alpha !== "none") {
    const premultiplied = alpha === "premultiplied";
    composeOverWhite(rgb, { alpha: sample(colors), step, premultiplied });
  }
  return rgb;
}

/** Simple conversion from CMYK, without a color profile, as in Pillow. */
function fromCmyk(
  rgb: Uint8Array,
  inks: readonly Uint8Array[],
  step: number,
): void {
  const black = inks[3];
  for (let channel = 0; channel < 3; channel++) {
    const ink = inks[channel];
    for (let i = 0, j = channel; j < rgb.length; i += step, j += 3) {
      rgb[j] = Math.round((255 - ink[i]) * (255 - black[i]) / 255);
    }
  }
}

function composeOverWhite(
  rgb: Uint8Array,
  { alpha, step, premultiplied }: {
    alpha: Uint8Array;
    step: number;
    premultiplied: boolean;
  },
): void {
  for (let i = 0, j = 0; j < rgb.length; i += step, j += 3) {
    const a = alpha[i];
    if (a === 255) continue;
    for (let k = j; k < j + 3; k++) {
      const color = premultiplied ? rgb[k] : rgb[k] * a / 255;
      rgb[k] = Math.min(255, Math.round(color + 255 - a));
    }
  }
}
