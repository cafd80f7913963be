import type { BlockJob } from "./block_job.ts";

interface Size {
  readonly width: number;
  readonly height: number;
}

/**
 * Whether a block may be encoded at a size: its own, or at the right edge of the picture as narrow as what lies within;
 * the last may be as low, or as high as all others.
 */
export function fitsBlock(
  { width, height }: Size,
  job: Pick<BlockJob, "width" | "within" | "height" | "maxHeight">,
): boolean {
  return width <= job.width && width >= (job.within ?? job.width) &&
    height >= job.height && height <= job.maxHeight;
}

/** Pads the rows of a narrow block to the full width. */
export function widenRows(
  bytes: Uint8Array,
  encodedWidth: number,
  { width, height, format }: Pick<BlockJob, "width" | "height" | "format">,
): Uint8Array {
  if (encodedWidth === width) return bytes;
  const [from, to] = [encodedWidth * format.samples, width * format.samples];
  const out = new Uint8Array(to * height);
  for (let row = 0; row < height; row++) {
    out.set(bytes.subarray(row * from, (row + 1) * from), row * to);
  }
  return out;
}
