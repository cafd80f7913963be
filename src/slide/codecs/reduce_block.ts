import { freeArray } from "../../io/free_array.ts";
import type { BlockJob } from "./block_job.ts";
import { decodeJpegMeans } from "./jpeg_means.ts";

/** The lossy scheme whose blocks hold the means of 8×8 pixels. */
const JPEG = 7;
const MEANS = 8;

/**
 * Decodes a block to RGB of a smaller size: each pixel is the mean of those it covers.
 *
 * @param whole Decodes it whole.
 */
export async function reduceBlock(
  job: BlockJob,
  whole: (job: BlockJob) => Promise<Uint8Array>,
): Promise<Uint8Array> {
  const { format: { reduce, ...format }, parts, width, height } = job;
  const { x, y } = reduce!;
  const [part, ...others] = parts;
  if (
    format.compression === JPEG && part && others.length === 0 &&
    x === MEANS && y === MEANS
  ) {
    const means = decodeJpegMeans(part, job);
    if (means) return means;
  }
  const pixels = await whole({ ...job, format });
  const out = averageBlocks(pixels, { width, height, x, y });
  freeArray(pixels);
  return out;
}

/** The means of rectangles of `x` × `y` pixels; those at the right and lower edges may be smaller. */
export function averageBlocks(
  pixels: Uint8Array,
  { width, height, x, y }: {
    readonly width: number;
    readonly height: number;
    readonly x: number;
    readonly y: number;
  },
): Uint8Array {
  const columns = Math.ceil(width / x);
  const rows = Math.ceil(height / y);
  const out = new Uint8Array(columns * rows * 3);
  const sums = new Uint32Array(columns * 3);
  for (let row = 0; row < rows; row++) {
    const bottom = Math.min(height, (row + 1) * y);
    sums.fill(0);
    for (let line = row * y; line < bottom; line++) {
      let at = line * width * 3;
      for (let to = 0; to < sums.length; to += 3) {
        const end = Math.min(at + x * 3, (line + 1) * width * 3);
        let red = 0, green = 0, blue = 0;
        for (; at < end; at += 3) {
          red += pixels[at];
          green += pixels[at + 1];
          blue += pixels[at + 2];
        }
        sums[to] += red;
        sums[to + 1] += green;
        sums[to + 2] += blue;
      }
    }
    const lines = bottom - row * y;
    for (let column = 0, to = 0; column < columns; column++) {
      const area = lines * Math.min(x, width - column * x);
      const from = row * columns * 3;
      for (let k = 0; k < 3; k++, to++) {
        out[from + to] = Math.round(sums[to] / area);
      }
    }
  }
  return out;
}
