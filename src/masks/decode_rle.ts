import { parseRle } from "./parse_rle.ts";

/**
 * Decodes Kaggle's run-length encoding: pairs `start length`, column by column, the first pixel being 1.
 *
 * @param text The encoding; empty for an empty mask.
 * @param size The mask's size in pixels.
 * @returns The mask: one byte per pixel, 0 or 1, row by row.
 * @throws {SyntaxError} If it is not pairs of integers.
 * @throws {RangeError} If a run is empty, leaves the mask, or does not follow the run before it.
 *
 * @example
 * ```ts
 * import { decodeRle } from "@tilewise/tilewise";
 *
 * console.log(decodeRle("2 3", { width: 2, height: 2 })); // Uint8Array(4) [ 0, 1, 1, 1 ]
 * ```
 */
export function decodeRle(
  text: string,
  size: { readonly width: number; readonly height: number },
): Uint8Array {
  const { width, height } = size;
  const mask = new Uint8Array(width * height);
  for (const { start, length } of parseRle(text, size)) {
    let x = Math.floor(start / height);
    let y = start - x * height;
    for (let left = length; left > 0; left--) {
      mask[y * width + x] = 1;
      if (++y === height) {
        y = 0;
        x++;
      }
    }
  }
  return mask;
}
