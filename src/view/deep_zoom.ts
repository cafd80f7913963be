import { type LayerSource, shrinkRegion } from "./shrink_region.ts";

/** Side of a tile in pixels. */
export const TILE_SIZE = 512;

/** Maximum reduction each way: a tile of a picture without a pyramid reads at most 4096² pixels. */
const MAX_SHRINK = 8;

/** A tile's RGB pixels, row by row. */
export interface DeepZoomTile {
  /** Width in pixels; less than {@linkcode TILE_SIZE} at the right edge. */
  readonly width: number;
  /** Height in pixels. */
  readonly height: number;
  /** `width * height * 3` bytes. */
  readonly pixels: Uint8Array;
}

/**
 * Cuts deep-zoom tiles from a picture on request: each zoom is half the size of the one above it, and is read from the
 * next finer level.
 *
 * Source: the Deep Zoom file format, as OpenSeadragon reads it.
 */
export class DeepZoom {
  /** The zoom at which a pixel is a pixel of level 0. */
  readonly maxZoom: number;
  /** The coarsest zoom: the picture fits a tile, or, where it lacks levels, tiles would cost too much beyond it. */
  readonly minZoom: number;
  readonly #source: LayerSource;

  /** Looks at the picture's size and levels; nothing is read. */
  constructor(source: LayerSource) {
    this.#source = source;
    const side = Math.max(source.width, source.height);
    this.maxZoom = Math.ceil(Math.log2(side));
    const fit = Math.ceil(Math.log2(side / TILE_SIZE));
    const coarsest = source.levels.at(-1)!.downsample * MAX_SHRINK;
    const affordable = Math.floor(Math.log2(coarsest) + 1e-3);
    this.minZoom = this.maxZoom - Math.max(0, Math.min(fit, affordable));
  }

  /** Tiles each way at a zoom; none outside {@linkcode DeepZoom.minZoom} to {@linkcode DeepZoom.maxZoom}. */
  tiles(zoom: number): { readonly columns: number; readonly rows: number } {
    if (!(zoom >= this.minZoom && zoom <= this.maxZoom)) {
      return { columns: 0, rows: 0 };
    }
    const { width, height } = this.#size(zoom);
    return {
      columns: Math.ceil(width / TILE_SIZE),
      rows: Math.ceil(height / TILE_SIZE),
    };
  }

  /**
   * Reads a tile.
   *
   * @throws {RangeError} If there is no such tile.
   */
  async read(
    zoom: number,
    { column, row, signal }: {
      readonly column: number;
      readonly row: number;
      readonly signal?: AbortSignal;
    },
  ): Promise<DeepZoomTile> {
    const { columns, rows } = this.tiles(zoom);
    if (!(column >= 0 && column < columns && row >= 0 && row < rows)) {
      throw new RangeError(
        `Cannot read a tile as zoom ${zoom} has ${columns} × ${rows}: received ${column}, ${row}`,
      );
    }
    const size = this.#size(zoom);
    const [x, y] = [column * TILE_SIZE, row * TILE_SIZE];
    const width = Math.min(TILE_SIZE, size.width - x);
    const height = Math.min(TILE_SIZE, size.height - y);
    const level = this.#level(zoom);
    // By sizes, not by the nominal downsample: levels are rounded, and tiles must meet.
    const { width: levelWidth, height: levelHeight } = this.#source
      .levels[level];
    const pixels = await shrinkRegion(this.#source, {
      level,
      scale: { x: levelWidth / size.width, y: levelHeight / size.height },
      x,
      y,
      width,
      height,
      signal,
    });
    return { width, height, pixels };
  }

  #size(zoom: number): { readonly width: number; readonly height: number } {
    const scale = 2 ** (this.maxZoom - zoom);
    return {
      width: Math.ceil(this.#source.width / scale),
      height: Math.ceil(this.#source.height / scale),
    };
  }

  /** The coarsest level that is no coarser than the zoom, or nearly so. */
  #level(zoom: number): number {
    const scale = 2 ** (this.maxZoom - zoom) * 1.02;
    const level = this.#source.levels.findLastIndex(({ downsample }) =>
      downsample <= scale
    );
    return Math.max(0, level);
  }
}
