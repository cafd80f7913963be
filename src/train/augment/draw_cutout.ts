import type { Random } from "../random.ts";

/** A rectangle of a tile, in pixels after downsampling, that is set to zero after normalization. */
export interface Cutout {
  /** Left edge. */
  readonly x: number;
  /** Top edge. */
  readonly y: number;
  /** Width. */
  readonly width: number;
  /** Height. */
  readonly height: number;
}

/**
 * Draws a batch's cutout: half the side each way, centred anywhere on the tile, cut off at its borders. The mask stays.
 *
 * Source: DeVries and Taylor, "Improved Regularization of Convolutional Neural Networks with Cutout" (2017).
 *
 * @example
 * ```ts
 * import { drawCutout, Random } from "@tilewise/tilewise/train";
 *
 * console.log(drawCutout(new Random(1), 64));
 * ```
 */
export function drawCutout(random: Random, side: number): Cutout {
  const [x, width] = drawExtent(random, side);
  const [y, height] = drawExtent(random, side);
  return { x, y, width, height };
}

function drawExtent(random: Random, side: number): [number, number] {
  const half = Math.floor(side / 4);
  const centre = random.integer(side);
  const start = Math.max(0, centre - half);
  return [start, Math.min(side, centre + half) - start];
}
