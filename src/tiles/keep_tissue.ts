import { measureTissue } from "./measure_tissue.ts";
import type { Tile } from "./tile.ts";

/** Options for {@linkcode keepTissue}. */
export interface KeepTissueOptions {
  /** HSV saturation (0 to 255) above which a pixel counts as tissue. Default: 40. */
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
    if (measureTissue(tile, { saturation, early: true }).tissue) yield tile;
    else onSkip?.(tile);
  }
}
