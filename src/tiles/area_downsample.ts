import { cannot } from "../errors/cannot.ts";

/**
 * Calls `look` with each item and passes the item on unchanged, for example to draw an overview or to count tiles. If
 * `look` returns a promise, it is awaited first.
 *
 * @example Count the items
 * ```ts
 * import { tap } from "@tilewise/tilewise";
 *
 * async function* letters() {
 *   yield* "abc";
 * }
 * let count = 0;
 * for await (const _ of tap(letters(), () => void count++));
 * console.log(count); // 3
 * ```
 *
 * @category Tiles
 */
export async function* tap<T>(
  items: AsyncIterable<T>,
  look: (item: T) => void | Promise<void>,
): AsyncGenerator<T, void, undefined> {
  for await (const item of items) {
    await look(item);
    yield item;
  }
}

/** Options for {@linkcode resampleArea}. */
export interface ResampleAreaOptions {
  /** Width of the picture in pixels. */
  readonly width: number;
  /** Height of the picture in pixels. */
  readonly height: number;
  /** Left edge of the square, in pixels of the picture; may be fractional. */
  readonly x: number;
  /** Top edge of the square, likewise. */
  readonly y: number;
  /** Source pixels per result pixel, each way; may be fractional. */
  readonly factor: number;
  /** Side of the resulting square. */
  readonly side: number;
  /** Bytes per pixel. Default: 3. */
  readonly channels?: 1 | 3;
}

/** The weights of source pixels in each result pixel: `count` weights from pixel `first` on. */
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
      if (weight === 0) continue; // it may be past the line
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

/** The overlap of each new pixel with the old ones, as shares of the part within the picture. */
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
      // Slivers come from rounding.
      if (overlap > 1e-6) weights[i * count + tap] = overlap / sum;
    });
  }
  return { first, count, weights };
}

/**
 * Sizes for {@linkcode areaDownsample}.
 *
 * @category Tiles
 */
export interface AreaDownsampleOptions {
  /** Width of the picture in pixels. */
  readonly width: number;
  /** Height of the picture in pixels. */
  readonly height: number;
  /** Pixels that become one, each way; width and height must be multiples of it. */
  readonly factor: number;
  /** Bytes per pixel. Default: 3. */
  readonly channels?: number;
}

/**
 * Shrinks an 8-bit picture by a whole factor: each pixel is the mean of a block. Rounds as OpenCV's `INTER_AREA`
 * does: halves go up for a factor of 2, and to even for any other.
 *
 * Source: OpenCV's `resize.cpp`, `ResizeAreaFast`.
 *
 * @example Four pixels become one
 * ```ts
 * import { areaDownsample } from "@tilewise/tilewise/tiles";
 *
 * const gray = Uint8Array.of(0, 1, 2, 3);
 * console.log(areaDownsample(gray, { width: 2, height: 2, factor: 2, channels: 1 })); // [2]
 * ```
 *
 * @throws {RangeError} If the sides are not multiples of the factor, or the number of bytes does not match.
 */
export function areaDownsample(
  pixels: Uint8Array,
  options: AreaDownsampleOptions,
): Uint8Array<ArrayBuffer> {
  const { width, height, factor, channels = 3 } = options;
  const fits = [width, height, factor, channels].every((value) =>
    Number.isInteger(value) && value >= 1
  );
  if (!fits || width % factor !== 0 || height % factor !== 0) {
    throw cannot(
      "downsample",
      `width and height must be multiples of factor, received ${width}×${height} and ${factor}`,
      { kind: RangeError },
    );
  }
  if (pixels.length !== width * height * channels) {
    throw cannot(
      "downsample",
      `${width}×${height}×${channels} takes ${
        width * height * channels
      } bytes, but there are ${pixels.length}`,
      { kind: RangeError },
    );
  }
  const rowBytes = width / factor * channels;
  const small = new Uint8Array(rowBytes * height / factor);
  for (let row = 0; row < height / factor; row++) {
    downsampleRow(
      pixels,
      { width, factor, channels, row },
      small.subarray(row * rowBytes),
    );
  }
  return small;
}

/** Fills one row of the small picture. */
export function downsampleRow(
  pixels: Uint8Array,
  { width, factor, channels, row }: {
    width: number;
    factor: number;
    channels: number;
    row: number;
  },
  out: Uint8Array,
): void {
  const stride = width * channels;
  const first = row * factor * stride;
  const count = width / factor * channels;
  if (factor === 2) {
    for (let i = 0; i < count; i++) {
      const at = first + 2 * i - i % channels;
      const below = at + stride;
      out[i] = (pixels[at] + pixels[at + channels] + pixels[below] +
        pixels[below + channels] + 2) >> 2;
    }
    return;
  }
  // OpenCV multiplies in single precision.
  const scale = Math.fround(1 / (factor * factor));
  for (let i = 0; i < count; i++) {
    const channel = i % channels;
    const left = first + (i - channel) * factor + channel;
    let sum = 0;
    for (let y = 0; y < factor; y++) {
      for (let x = 0; x < factor; x++) {
        sum += pixels[left + y * stride + x * channels];
      }
    }
    out[i] = roundHalfToEven(Math.fround(sum * scale));
  }
}

function roundHalfToEven(value: number): number {
  const floor = Math.floor(value);
  const rest = value - floor;
  if (rest !== 0.5) return rest < 0.5 ? floor : floor + 1;
  return floor % 2 === 0 ? floor : floor + 1;
}
