import { cutMaps, type CutPixels } from "../../masks/cut_maps.ts";
import { BlockCache } from "../../slide/block_cache.ts";
import type { Region } from "../../slide/slide.ts";
import { DeepZoom, type LayerSource, TILE_SIZE } from "../deep_zoom.ts";

/** Maximum bytes of tiles in the cache, so that only the first threshold of a place waits for its file. */
const CACHE_BYTES = 96 * 2 ** 20;

/** Rows that are read at a time: those of a block of a file. */
const ROWS = 512;
/** Pixels that are cut and traced without a pause, so that other requests are answered between. */
const PART = 2 ** 20;

/** Options of reads. */
interface ReadOptions {
  /** Stops early, with the signal's reason. */
  readonly signal?: AbortSignal;
}

/** Rows of maps, cut at a threshold. */
export interface CutBand extends CutPixels {
  readonly y: number;
  readonly width: number;
  readonly height: number;
}

/** The probability maps of a slide, one per class, all of one size. */
export class ProbabilityMaps {
  /** Width in their own pixels. */
  readonly width: number;
  /** Height in their own pixels. */
  readonly height: number;
  /** Level-0 pixels of the slide per pixel. */
  readonly scale: number;
  /** Number of classes. */
  readonly count: number;
  readonly #maps: readonly LayerSource[];
  readonly #zooms: readonly DeepZoom[];
  readonly #cache = new BlockCache(CACHE_BYTES);

  /** Takes maps; `slideWidth` is their width in level-0 pixels of the slide. */
  constructor(
    maps: readonly LayerSource[],
    { slideWidth }: { readonly slideWidth: number },
  ) {
    this.#maps = maps;
    this.#zooms = maps.map((map) => new DeepZoom(map));
    this.count = maps.length;
    this.width = maps[0].width;
    this.height = maps[0].height;
    this.scale = slideWidth / this.width;
  }

  /** The finest zoom: a pixel is a pixel of the maps; each zoom below is half as fine. */
  get maxZoom(): number {
    return this.#zooms[0].maxZoom;
  }

  /** The coarsest zoom. */
  get minZoom(): number {
    return this.#zooms[0].minZoom;
  }

  /** The size of all of it at a zoom. */
  sizeAt(zoom: number): { readonly width: number; readonly height: number } {
    const shrink = 2 ** (this.maxZoom - zoom);
    return {
      width: Math.ceil(this.width / shrink),
      height: Math.ceil(this.height / shrink),
    };
  }

  /** Cuts a region of a zoom, in its pixels and within its bounds. */
  async cut(
    { x, y, width, height }: Region,
    { zoom, threshold, signal }: ReadOptions & {
      readonly zoom: number;
      readonly threshold: number;
    },
  ): Promise<CutPixels> {
    const maps = this.#maps.map(() => new Uint8Array(width * height));
    const first = Math.floor(y / TILE_SIZE);
    for (let row = first; row * TILE_SIZE < y + height; row++) {
      const left = Math.floor(x / TILE_SIZE);
      for (let column = left; column * TILE_SIZE < x + width; column++) {
        for (const [k, out] of maps.entries()) {
          using tile = await this.#tile(k, { zoom, column, row, signal });
          paste(tile.block, {
            ...{ from: [column * TILE_SIZE, row * TILE_SIZE] as const, out },
            tileWidth: Math.min(
              TILE_SIZE,
              this.sizeAt(zoom).width - column * TILE_SIZE,
            ),
            region: { x, y, width, height },
          });
        }
      }
    }
    return cutMaps(maps, threshold);
  }

  /** Cuts all of it at the finest zoom, from top to bottom, with pauses for other work. */
  async *bands(
    threshold: number,
    { signal }: ReadOptions,
  ): AsyncGenerator<CutBand, void, undefined> {
    const { width } = this;
    const rows = Math.max(1, Math.floor(PART / width));
    for (let top = 0; top < this.height; top += ROWS) {
      const height = Math.min(ROWS, this.height - top);
      const region = { x: 0, y: top, width, height };
      const maps = await Promise.all(this.#maps.map(async (map) => {
        const rgb = await map.readRegion(region, { signal });
        return grayOf(rgb);
      }));
      for (let row = 0; row < height; row += rows) {
        await new Promise((resolve) => setTimeout(resolve));
        signal?.throwIfAborted();
        const count = Math.min(rows, height - row);
        const parts = maps.map((map) =>
          map.subarray(row * width, (row + count) * width)
        );
        const cut = cutMaps(parts, threshold);
        yield { y: top + row, width, height: count, ...cut };
      }
    }
  }

  #tile(
    k: number,
    { zoom, column, row, signal }: ReadOptions & {
      readonly zoom: number;
      readonly column: number;
      readonly row: number;
    },
  ) {
    return this.#cache.get(`${k}/${zoom}/${column}/${row}`, async (signal) => {
      const tile = await this.#zooms[k].read(zoom, { column, row, signal });
      return grayOf(tile.pixels);
    }, { signal });
  }
}

function grayOf(rgb: Uint8Array): Uint8Array {
  const gray = new Uint8Array(rgb.length / 3);
  for (let i = 0; i < gray.length; i++) gray[i] = rgb[i * 3];
  return gray;
}

/** Copies the part of a tile that is in a region. */
function paste(
  tile: Uint8Array,
  { from: [left, top], tileWidth, region, out }: {
    /** The tile's place. */
    readonly from: readonly [x: number, y: number];
    readonly tileWidth: number;
    readonly region: Region;
    readonly out: Uint8Array;
  },
): void {
  const { x, y, width, height } = region;
  const tileHeight = tile.length / tileWidth;
  const first = Math.max(x, left), end = Math.min(x + width, left + tileWidth);
  const bottom = Math.min(y + height, top + tileHeight);
  for (let row = Math.max(y, top); row < bottom; row++) {
    const at = (row - top) * tileWidth - left;
    out.set(tile.subarray(at + first, at + end), (row - y) * width + first - x);
  }
}
