import type { BlockJob } from "./block_job.ts";

/** Bytes of a block of YCbCr that is not JPEG's: units of luma samples that share their two chroma samples. */
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
