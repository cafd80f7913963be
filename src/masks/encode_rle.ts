import { RleEncoder } from "./rle_encoder.ts";

/**
 * Encodes a whole mask in Kaggle's run-length encoding: pairs `start length`, column by column, the first pixel being
 * 1. For a mask that comes in bands, see {@linkcode RleEncoder}.
 *
 * @param mask One byte per pixel, row by row; what is not 0 is foreground.
 * @param size The mask's size in pixels.
 * @throws {RangeError} If `mask` has another size.
 *
 * @example
 * ```ts
 * import { encodeRle } from "@tilewise/tilewise";
 *
 * console.log(encodeRle(new Uint8Array([0, 1, 1, 1]), { width: 2, height: 2 })); // "2 3"
 * ```
 */
export function encodeRle(
  mask: Uint8Array,
  size: { readonly width: number; readonly height: number },
): string {
  const encoder = new RleEncoder(size);
  encoder.write({ y: 0, ...size, mask });
  encoder.close(); // All rows are there, so it cannot fail.
  return [...encoder.text()].join("");
}
