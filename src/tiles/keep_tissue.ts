import { downsampleRow } from "./area_downsample.ts";
import { saturation8 } from "./saturation8.ts";
import type { Tile } from "./tile.ts";

/** How {@linkcode keepTissue} tells tissue from glass. */
export interface KeepTissueOptions {
  /** HSV saturation (0 to 255) above which a pixel counts as tissue; 40 without it. */
  readonly saturation?: number;
  /** Called with each tile that is left out. */
  readonly onSkip?: (tile: Tile) => void;
}

/**
 * Passes on the tiles that hold tissue. A tile is background when at most 1000·(size/256)² of its downsampled
 * pixels, expansion included, are saturated, or when the sum of its bytes is at most that number.
 *
 * Source: the tiling of the 3rd place of "HuBMAP: Hacking the Kidney" (Kaggle, 2021).
 *
 * @example Read only tissue
 * ```ts
 * import { keepTissue, type Slide, streamTiles, type Tile } from "@tilewise/tilewise";
 *
 * function tissueOf(slide: Slide): AsyncIterable<Tile> {
 *   return keepTissue(streamTiles(slide), { onSkip: (tile) => console.log("glass", tile.index) });
 * }
 * ```
 *
 * @throws {RangeError} If `saturation` does not lie in 0 to 255.
 */
export function keepTissue(
  tiles: AsyncIterable<Tile>,
  options: KeepTissueOptions = {},
): AsyncGenerator<Tile, void, undefined> {
  const { saturation = 40, onSkip } = options;
  if (!(saturation >= 0 && saturation <= 255)) {
    throw new RangeError(
      `Cannot keep tissue as saturation lies in 0 to 255: received ${saturation}`,
    );
  }
  return filterTissue(tiles, { saturation, onSkip });
}

async function* filterTissue(
  tiles: AsyncIterable<Tile>,
  { saturation, onSkip }: { saturation: number; onSkip?: (tile: Tile) => void },
): AsyncGenerator<Tile, void, undefined> {
  for await (const tile of tiles) {
    if (hasTissue(tile, saturation)) yield tile;
    else onSkip?.(tile);
  }
}

/** Goes row by row and stops as soon as tissue is certain, which on tissue is soon. */
function hasTissue(tile: Tile, saturation: number): boolean {
  const { pixels, size, expansion, downsample } = tile;
  const side = size + expansion;
  const threshold = 1000 * (size / 256) ** 2;
  const line = new Uint8Array(side * 3);
  const width = side * downsample;
  let saturated = 0;
  let sum = 0;
  for (let row = 0; row < side; row++) {
    downsampleRow(
      pixels,
      { width, factor: downsample, channels: 3, row },
      line,
    );
    for (let i = 0; i < line.length; i += 3) {
      sum += line[i] + line[i + 1] + line[i + 2];
      if (saturation8(line, i) > saturation) saturated++;
    }
    if (saturated > threshold && sum > threshold) return true;
  }
  return false;
}
