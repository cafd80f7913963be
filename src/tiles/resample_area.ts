/** Options for {@linkcode resampleArea}. */
export interface ResampleAreaOptions {
  /** Width of the picture in pixels. */
  readonly width: number;
  /** Height of the picture in pixels. */
  readonly height: number;
  /** Left edge of what is taken, in pixels of the picture; need not be whole. */
  readonly x: number;
  /** Top edge of what is taken. */
  readonly y: number;
  /** Source pixels per result pixel, each way; may be fractional. */
  readonly factor: number;
  /** Side of the resulting square. */
  readonly side: number;
  /** Bytes per pixel. Default: 3. */
  readonly channels?: 1 | 3;
}

/** How much of which source pixels makes a pixel: `weights` of `count` in a row from `first`. */
interface Taps {
  readonly first: Int32Array;
  readonly count: number;
  readonly weights: Float32Array;
}

/**
 * Resamples a square out of an 8-bit picture by any factor: each pixel is the mean of the area that it covers, with
 * partial pixels weighted by their share, like OpenCV's `INTER_AREA`.
 */
export function resampleArea(
  pixels: Uint8Array,
  { width, height, x, y, factor, side, channels = 3 }: ResampleAreaOptions,
): Uint8Array<ArrayBuffer> {
  const columns = tapsOf(x, width, { factor, side });
  const rows = tapsOf(y, height, { factor, side });
  const out = new Uint8Array(side * side * channels);
  const line = new Float32Array(width * channels);
  const shrink = channels === 3 ? shrinkColor : shrinkGray;
  for (let row = 0; row < side; row++) {
    line.fill(0);
    for (let tap = 0; tap < rows.count; tap++) {
      const weight = rows.weights[row * rows.count + tap];
      if (weight === 0) continue;
      const from = (rows.first[row] + tap) * line.length;
      for (let i = 0; i < line.length; i++) {
        line[i] += weight * pixels[from + i];
      }
    }
    shrink(line, columns, out.subarray(row * side * channels));
  }
  return out;
}

function shrinkColor(
  line: Float32Array,
  { first, count, weights }: Taps,
  out: Uint8Array,
): void {
  for (let column = 0; column < first.length; column++) {
    let red = 0, green = 0, blue = 0;
    for (let tap = 0, at = first[column] * 3; tap < count; tap++, at += 3) {
      const weight = weights[column * count + tap];
      if (weight === 0) continue; // it may lie past the line
      red += weight * line[at];
      green += weight * line[at + 1];
      blue += weight * line[at + 2];
    }
    out[column * 3] = red + 0.5;
    out[column * 3 + 1] = green + 0.5;
    out[column * 3 + 2] = blue + 0.5;
  }
}

function shrinkGray(
  line: Float32Array,
  { first, count, weights }: Taps,
  out: Uint8Array,
): void {
  for (let column = 0; column < first.length; column++) {
    let sum = 0;
    for (let tap = 0; tap < count; tap++) {
      const weight = weights[column * count + tap];
      if (weight !== 0) sum += weight * line[first[column] + tap];
    }
    out[column] = sum + 0.5;
  }
}

/** The overlap of each new pixel with the old ones, as shares of what lies within the picture. */
function tapsOf(
  start: number,
  length: number,
  { factor, side }: { readonly factor: number; readonly side: number },
): Taps {
  const count = Math.ceil(factor) + 1;
  const first = new Int32Array(side);
  const weights = new Float32Array(side * count);
  for (let i = 0; i < side; i++) {
    const [from, to] = [start + i * factor, start + (i + 1) * factor];
    first[i] = Math.floor(from);
    const overlaps = Array.from({ length: count }, (_, tap) => {
      const at = first[i] + tap;
      if (at < 0 || at >= length) return 0;
      return Math.max(0, Math.min(to, at + 1) - Math.max(from, at));
    });
    const sum = overlaps.reduce((a, b) => a + b, 0);
    overlaps.forEach((overlap, tap) => {
      // Slivers are rounding, not picture.
      if (overlap > 1e-6) weights[i * count + tap] = overlap / sum;
    });
  }
  return { first, count, weights };
}
