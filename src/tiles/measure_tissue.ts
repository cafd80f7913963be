import { downsampleRow } from "./area_downsample.ts";
import { saturation8 } from "./saturation8.ts";
import type { Tile } from "./tile.ts";
import { tileFactor } from "./tile_factor.ts";

/** Result of {@linkcode measureTissue}. */
export interface TissueMeasure {
  /** Downsampled pixels whose saturation exceeds the limit; where the measuring stops early, those seen so far. */
  readonly saturated: number;
  /** Whether the tile holds tissue. */
  readonly tissue: boolean;
}

/**
 * Tells whether a tile holds tissue: not when at most 1000·(size/256)² of its downsampled pixels, expansion included, are
 * saturated, or when the sum of its bytes is at most that number. With `early` it goes row by row and stops as soon as
 * tissue is certain, which on tissue is soon.
 */
export function measureTissue(
  tile: Pick<Tile, "pixels" | "size" | "expansion">,
  { saturation, early }: {
    readonly saturation: number;
    readonly early: boolean;
  },
): TissueMeasure {
  const { pixels, size, expansion } = tile;
  const side = size + expansion;
  const factor = tileFactor(tile);
  const threshold = 1000 * (size / 256) ** 2;
  const line = new Uint8Array(side * 3);
  const width = side * factor;
  let saturated = 0;
  let sum = 0;
  for (let row = 0; row < side; row++) {
    downsampleRow(
      pixels,
      { width, factor, channels: 3, row },
      line,
    );
    for (let i = 0; i < line.length; i += 3) {
      sum += line[i] + line[i + 1] + line[i + 2];
      if (saturation8(line, i) > saturation) saturated++;
    }
    if (early && saturated > threshold && sum > threshold) break;
  }
  return { saturated, tissue: saturated > threshold && sum > threshold };
}
