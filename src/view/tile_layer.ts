import { pngFile } from "../io/encode_png.ts";
import { Semaphore } from "../io/semaphore.ts";
import { BlockCache } from "../slide/block_cache.ts";
import { DeepZoom, type LayerSource, TILE_SIZE } from "./deep_zoom.ts";
import { encodePhoto } from "../masks/pictures/encode_photo.ts";
import type { LayerDescription, LayerId } from "./description.ts";

/** Maximum bytes of encoded tiles in the cache. */
const CACHE_BYTES = 48 * 2 ** 20;

/** Side of a JPEG's blocks: neighbors share whole ones, which look the same in both. */
const JPEG_BLOCK = 8;

/**
 * A layer of the page: deep-zoom tiles of a picture, encoded on request and cached.
 *
 * @category Viewer
 */
export class TileLayer {
  /** Its description for the page. */
  readonly description: LayerDescription;
  readonly #zooms: DeepZoom;
  #cache = new BlockCache(CACHE_BYTES);
  readonly #readers = new Semaphore({ count: 3 });

  /** Makes a layer; `slideWidth` is its width in level-0 pixels of the slide. */
  constructor(
    source: LayerSource,
    { id, slideWidth, colored = false }: {
      readonly id: LayerId;
      readonly slideWidth: number;
      /** Whether its colors are those of classes, and black is background. Default: false. */
      readonly colored?: boolean;
    },
  ) {
    const overlap = id === "slide" ? JPEG_BLOCK : 1;
    this.#zooms = new DeepZoom(source, { nearest: colored, overlap });
    const { minZoom, maxZoom } = this.#zooms;
    const { width, height } = source;
    const tileSize = TILE_SIZE;
    this.description = {
      ...{ id, width, height, slideWidth },
      ...{ tileSize, overlap, minZoom, maxZoom },
      ...(colored && { colored }),
    };
  }

  /** Whether a tile exists. */
  has(zoom: number, { column, row }: TilePlace): boolean {
    const { columns, rows } = this.#zooms.tiles(zoom);
    return column < columns && row < rows;
  }

  /** Encodes a tile: a JPEG for slides, or a PNG if it is small; a grayscale PNG for maps, whose values must be exact. */
  async tile(
    zoom: number,
    { column, row }: TilePlace,
    { signal }: { readonly signal?: AbortSignal } = {},
  ): Promise<Uint8Array> {
    const load = async (signal: AbortSignal): Promise<Uint8Array> => {
      using _ = await this.#readers.take({ signal });
      const tile = await this.#zooms.read(zoom, { column, row, signal });
      const { width, height, pixels } = tile;
      if (this.description.id === "slide") {
        return await encodePhoto(pixels, { width, height });
      }
      if (this.description.colored) {
        const size = { width, height, channels: 4 } as const;
        return await pngFile(size, withAlpha(pixels));
      }
      const gray = pixels.filter((_, i) => i % 3 === 0);
      return await pngFile({ width, height, channels: 1 }, gray);
    };
    using loan = await this.#cache.get(
      `${zoom}/${column}/${row}`,
      load,
      { signal },
    );
    return loan.block.slice();
  }

  /** Clears the cache after a change of the picture. */
  changed(): void {
    this.#cache = new BlockCache(CACHE_BYTES); // pending requests still get old tiles
  }
}

/** RGB as RGBA: black is transparent. */
function withAlpha(pixels: Uint8Array): Uint8Array {
  const out = new Uint8Array(pixels.length / 3 * 4);
  for (let from = 0, to = 0; from < pixels.length; from += 3, to += 4) {
    const [red, green, blue] = pixels.subarray(from, from + 3);
    if (red + green + blue > 0) out.set([red, green, blue, 255], to);
  }
  return out;
}

/**
 * The position of a tile at its zoom.
 *
 * @category Viewer
 */
export interface TilePlace {
  /** From the left, from 0. */
  readonly column: number;
  /** From the top, from 0. */
  readonly row: number;
}
