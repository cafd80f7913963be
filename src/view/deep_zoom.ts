import { cannot } from "../errors/cannot.ts";
import type { Slide } from "../slide/slide.ts";

/** Options for {@linkcode shrinkRegion}. */
export interface ShrinkOptions {
  /** The level to read. */
  readonly level: number;
  /** Pixels of the level per pixel of the result; below one, pixels are repeated. */
  readonly scale: { readonly x: number; readonly y: number };
  /** Left edge, in pixels of the whole result. */
  readonly x: number;
  /** Top edge, in pixels of the whole result. */
  readonly y: number;
  /** Width of the result. */
  readonly width: number;
  /** Height of the result. */
  readonly height: number;
  /** Whether a pixel is one of those it covers, whose colors mean something, instead of their mean. Default: false. */
  readonly nearest?: boolean;
  /** Stops the read early. */
  readonly signal?: AbortSignal;
}

/** Rows of the level to read at a time, so that memory stays small. */
const ROWS = 1024;

/** Reads part of a level and shrinks it: each pixel is the mean of those it covers. Returns RGB, row by row. */
export async function shrinkRegion(
  source: LayerSource,
  { level, scale, x, y, width, height, nearest, signal }: ShrinkOptions,
): Promise<Uint8Array> {
  const size = source.levels[level];
  const columns = edges(x, width, { scale: scale.x, limit: size.width });
  const rows = edges(y, height, { scale: scale.y, limit: size.height });
  const left = columns[0];
  const levelWidth = columns[width] - left;
  if (levelWidth === width && rows[height] - rows[0] === height) {
    const region = { x: left, y: rows[0], width, height };
    return await source.readRegion(region, { level, signal });
  }
  const out = new Uint8Array(width * height * 3);
  for (let first = 0; first < height;) {
    let end = first + 1;
    while (end < height && rows[end + 1] - rows[first] <= ROWS) end++;
    const top = rows[first];
    const pixels = await source.readRegion({
      x: left,
      y: top,
      width: levelWidth,
      height: Math.max(rows[end], rows[end - 1] + 1) - top,
    }, { level, signal });
    for (let row = first; row < end; row++) {
      averageRow(pixels.subarray((rows[row] - top) * levelWidth * 3), {
        columns,
        rows: nearest ? 1 : rows[row + 1] - rows[row],
        nearest,
        out: out.subarray(row * width * 3, (row + 1) * width * 3),
      });
    }
    first = end;
  }
  return out;
}

/** Start of each of `count` pixels in the level, and the end of the last; each covers at least one pixel. */
function edges(
  start: number,
  count: number,
  { scale, limit }: { readonly scale: number; readonly limit: number },
): Int32Array {
  const list = Int32Array.from(
    { length: count + 1 },
    (_, i) => Math.round((start + i) * scale),
  );
  for (let i = 0; i < count; i++) list[i] = Math.min(list[i], limit - 1);
  list[count] = Math.max(Math.min(list[count], limit), list[count - 1] + 1);
  return list;
}

function averageRow(
  pixels: Uint8Array,
  { columns, rows, nearest, out }: {
    readonly columns: Int32Array;
    readonly rows: number;
    readonly nearest?: boolean;
    readonly out: Uint8Array;
  },
): void {
  const count = columns.length - 1;
  const left = columns[0];
  const stride = (columns[count] - left) * 3;
  const height = Math.max(1, rows);
  for (let i = 0; i < count; i++) {
    const from = columns[i] - left;
    const width = nearest ? 1 : Math.max(1, columns[i + 1] - columns[i]);
    let red = 0, green = 0, blue = 0;
    for (let y = 0; y < height; y++) {
      let at = y * stride + from * 3;
      for (let x = 0; x < width; x++, at += 3) {
        red += pixels[at];
        green += pixels[at + 1];
        blue += pixels[at + 2];
      }
    }
    const area = width * height;
    out[i * 3] = Math.round(red / area);
    out[i * 3 + 1] = Math.round(green / area);
    out[i * 3 + 2] = Math.round(blue / area);
  }
}

/** Source of a layer: a slide, or anything else with a size and regions as RGB. */
export interface LayerSource
  extends Pick<Slide, "width" | "height" | "levels" | "readRegion"> {
  /** Level-0 pixels per pixel of the coarsest zoom that it pays to read. Default: 8 times those of the coarsest level. */
  readonly coarsest?: number;
}

/** Side of a tile in pixels. */
export const TILE_SIZE = 512;

/** Maximum reduction: a tile of a picture without a pyramid reads at most 4096² pixels. */
const MAX_SHRINK = 8;

/** A tile's RGB pixels, row by row. */
export interface DeepZoomTile {
  /** Width in pixels; without an overlap, {@linkcode TILE_SIZE}, or less at the right edge. */
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
  /** The coarsest zoom: the picture fits a tile, or, for lack of levels, coarser tiles would cost too much. */
  readonly minZoom: number;
  readonly #source: LayerSource;
  readonly #nearest: boolean;
  readonly #overlap: number;

  /**
   * Plans the zooms from the picture's size and levels; reads nothing. With `nearest`, pixels are not mixed. Tiles have
   * `overlap` pixels of each neighbor, so that a page that enlarges them interpolates across their borders.
   */
  constructor(
    source: LayerSource,
    { nearest = false, overlap = 0 }: {
      readonly nearest?: boolean;
      readonly overlap?: number;
    } = {},
  ) {
    this.#source = source;
    this.#nearest = nearest;
    this.#overlap = overlap;
    const side = Math.max(source.width, source.height);
    this.maxZoom = Math.ceil(Math.log2(side));
    const fit = Math.ceil(Math.log2(side / TILE_SIZE));
    const coarsest = source.coarsest ??
      source.levels.at(-1)!.downsample * MAX_SHRINK;
    const affordable = Math.floor(Math.log2(coarsest) + 1e-3);
    this.minZoom = this.maxZoom - Math.max(0, Math.min(fit, affordable));
  }

  /** Number of tiles at a zoom; none outside {@linkcode DeepZoom.minZoom} to {@linkcode DeepZoom.maxZoom}. */
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
   * @throws {RangeError} If the tile does not exist.
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
      throw cannot(
        `read tile ${column}, ${row}`,
        `zoom ${zoom} has ${columns} × ${rows} tiles`,
        { kind: RangeError },
      );
    }
    const size = this.#size(zoom);
    const [x, y] = [column, row]
      .map((at) => Math.max(0, at * TILE_SIZE - this.#overlap));
    const end = (at: number) => (at + 1) * TILE_SIZE + this.#overlap;
    const width = Math.min(end(column), size.width) - x;
    const height = Math.min(end(row), size.height) - y;
    const level = this.#level(zoom);
    // By sizes, not the nominal downsample: levels are rounded, and tiles must meet.
    const { width: levelWidth, height: levelHeight } = this.#source
      .levels[level];
    const pixels = await shrinkRegion(this.#source, {
      level,
      scale: { x: levelWidth / size.width, y: levelHeight / size.height },
      x,
      y,
      width,
      height,
      nearest: this.#nearest,
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
