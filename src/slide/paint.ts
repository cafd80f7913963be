import type { PaintedPiece } from "./blocks.ts";
import type { Region } from "./slide.ts";

/** Bytes of a color. */
export type Color = readonly [red: number, green: number, blue: number];

/** The pixels of a region. */
export interface Canvas {
  readonly pixels: Uint8Array;
  readonly region: Region;
}

/** Copies the visible rectangles of a piece from its block. */
export function paint(
  { piece, visible }: PaintedPiece,
  block: Uint8Array,
  { pixels, region }: Canvas,
): void {
  const { blockWidth, left = 0, top = 0 } = piece;
  for (const { x, y, width, height } of visible) {
    for (let line = y; line < y + height; line++) {
      const at = ((line - piece.y + top) * blockWidth + x - piece.x + left) * 3;
      pixels.set(
        block.subarray(at, at + width * 3),
        offsetOf(region, x, line),
      );
    }
  }
}

function offsetOf(region: Region, x: number, y: number): number {
  return ((y - region.y) * region.width + x - region.x) * 3;
}

/** Fills rectangles with a color. */
export function paintColor(
  rects: readonly Region[],
  color: Color,
  { pixels, region }: Canvas,
): void {
  for (const { x, y, width, height } of rects) {
    const row = Uint8Array.from({ length: width * 3 }, (_, i) => color[i % 3]);
    for (let line = y; line < y + height; line++) {
      pixels.set(row, offsetOf(region, x, line));
    }
  }
}
