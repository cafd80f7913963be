import { cannot } from "../errors/cannot.ts";
import { downsampleRow } from "./area_downsample.ts";
import { type Tile, tileFactor } from "./plan_tiles.ts";

/** 255/v in 12 fractional bits, as in OpenCV's table; 0 for black. */
const RECIPROCALS: Int32Array = Int32Array.from(
  { length: 256 },
  (_, v) => v === 0 ? 0 : Math.round(255 * 4096 / v),
);

/**
 * HSV saturation of an 8-bit color, 0 to 255, rounded like OpenCV's 8-bit `COLOR_RGB2HSV`.
 *
 * Source: OpenCV's `color_hsv.simd.hpp`, `RGB2HSV_b`.
 *
 * @example Gray has no saturation
 * ```ts
 * import { saturation8 } from "@tilewise/tilewise/tiles";
 *
 * console.log(saturation8([90, 90, 90]), saturation8([255, 0, 0])); // 0 255
 * ```
 */
export function saturation8(
  rgb: ArrayLike<number>,
  offset: number = 0,
): number {
  const r = rgb[offset];
  const g = rgb[offset + 1];
  const b = rgb[offset + 2];
  const value = r > g ? (r > b ? r : b) : (g > b ? g : b);
  const least = r < g ? (r < b ? r : b) : (g < b ? g : b);
  return ((value - least) * RECIPROCALS[value] + 2048) >> 12;
}

/** Pixels of tissue of each 256×256 that a tile must exceed. */
const TISSUE_PIXELS = 1000;

/** Result of {@linkcode measureTissue}. */
export interface TissueMeasure {
  /** Downsampled pixels whose saturation exceeds the limit; with `early`, those seen so far. */
  readonly saturated: number;
  /** Whether the tile contains tissue. */
  readonly tissue: boolean;
}

/**
 * Measures whether a tile contains tissue: it does if more than `most`·(size/256)² of its downsampled pixels, expansion
 * included, are saturated, and the sum of its bytes exceeds that number. With `early`, it stops at the row where that is
 * certain, which comes soon on tissue.
 */
export function measureTissue(
  tile: Pick<Tile, "pixels" | "size" | "expansion">,
  { saturation, pixels: most = TISSUE_PIXELS, early }: {
    readonly saturation: number;
    readonly pixels?: number;
    readonly early: boolean;
  },
): TissueMeasure {
  const { pixels, size, expansion } = tile;
  const side = size + expansion;
  const factor = tileFactor(tile);
  const threshold = most * (size / 256) ** 2;
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

/**
 * Options for {@linkcode keepTissue}.
 *
 * @category Tiles
 */
export interface KeepTissueOptions {
  /** HSV saturation (0 to 255) above which a pixel counts as tissue. Default: 40. */
  readonly saturation?: number;
  /** Pixels of tissue that a tile must exceed, of each 256×256. Default: 1000. */
  readonly pixels?: number;
  /** Called with each tile that is skipped. */
  readonly onSkip?: (tile: Tile) => void;
}

/**
 * Passes on the tiles that contain tissue. A tile is background if at most 1000·(size/256)² of its downsampled
 * pixels (`pixels`), expansion included, are saturated, or if the sum of its bytes is at most that number.
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
 * @throws {RangeError} If `saturation` is not from 0 to 255, or `pixels` is negative.
 *
 * @category Tiles
 */
export function keepTissue(
  tiles: AsyncIterable<Tile>,
  options: KeepTissueOptions = {},
): AsyncGenerator<Tile, void, undefined> {
  const { saturation = 40, pixels = TISSUE_PIXELS, onSkip } = options;
  if (!(saturation >= 0 && saturation <= 255)) {
    throw cannot(
      "keep tissue",
      "saturation must be from 0 to 255",
      { received: saturation, kind: RangeError },
    );
  }
  if (!(pixels >= 0)) {
    throw cannot("keep tissue", "pixels must be 0 or more", {
      received: pixels,
      kind: RangeError,
    });
  }
  return filterTissue(tiles, { saturation, pixels, onSkip });
}

async function* filterTissue(
  tiles: AsyncIterable<Tile>,
  { onSkip, ...rule }: {
    readonly saturation: number;
    readonly pixels: number;
    readonly onSkip?: (tile: Tile) => void;
  },
): AsyncGenerator<Tile, void, undefined> {
  let blank: boolean | undefined;
  const isTissue = (tile: Tile): boolean =>
    measureTissue(tile, { ...rule, early: true }).tissue;
  for await (const tile of tiles) {
    // Blank tiles are alike.
    if (tile.blank ? blank ??= isTissue(tile) : isTissue(tile)) yield tile;
    else onSkip?.(tile);
  }
}
