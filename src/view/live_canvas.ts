import type { Region, SlideLevel } from "../slide/slide.ts";
import type { TilePosition } from "../tiles/tile.ts";
import { tileSpan } from "../tiles/tile_span.ts";
import type { LayerSource } from "./shrink_region.ts";

/** At most this many pixels each way, so that the memory of a run's picture does not grow with the slide. */
const MAX_SIDE = 4096;

/** A picture of a slide's values, one byte each, that grows tile by tile during a run. */
export class LiveCanvas implements LayerSource {
  readonly width: number;
  readonly height: number;
  readonly levels: readonly SlideLevel[];
  /** Level-0 pixels per pixel, each way. */
  readonly scale: number;
  readonly #values: Uint8Array;

  /** Makes an empty picture of a slide. */
  constructor(slide: { readonly width: number; readonly height: number }) {
    this.scale = Math.ceil(Math.max(slide.width, slide.height) / MAX_SIDE);
    this.width = Math.ceil(slide.width / this.scale);
    this.height = Math.ceil(slide.height / this.scale);
    this.levels = [{ width: this.width, height: this.height, downsample: 1 }];
    this.#values = new Uint8Array(this.width * this.height);
  }

  /** Adds a tile's center, a byte per level-0 pixel, times `factor`; a pixel takes the mean of those that the tile has of it. */
  add(
    tile: TilePosition,
    { values, factor }: {
      readonly values: Uint8Array;
      readonly factor: number;
    },
  ): void {
    const { scale } = this;
    const { x, y } = tile;
    const side = tileSpan(tile);
    // Pixels whose middle lies in the tile are the tile's.
    const first = (at: number) => Math.max(0, Math.ceil(at / scale - 0.5));
    const right = Math.min(this.width, first(x + side));
    const bottom = Math.min(this.height, first(y + side));
    for (let row = first(y); row < bottom; row++) {
      const top = Math.max(0, row * scale - y);
      const end = Math.min(side, (row + 1) * scale - y);
      for (let column = first(x); column < right; column++) {
        const from = Math.max(0, column * scale - x);
        const to = Math.min(side, (column + 1) * scale - x);
        let sum = 0;
        for (let j = top; j < end; j++) {
          for (let i = from; i < to; i++) sum += values[j * side + i];
        }
        const mean = sum * factor / ((end - top) * (to - from));
        this.#values[row * this.width + column] = Math.round(mean);
      }
    }
  }

  /** Gray as RGB, black outside. */
  readRegion({ x, y, width, height }: Region): Promise<Uint8Array> {
    const pixels = new Uint8Array(width * height * 3);
    for (let j = 0; j < height; j++) {
      for (let i = 0; i < width; i++) {
        const [column, row] = [x + i, y + j];
        if (column < 0 || row < 0) continue;
        if (column >= this.width || row >= this.height) continue;
        const value = this.#values[row * this.width + column];
        pixels.fill(value, (j * width + i) * 3, (j * width + i + 1) * 3);
      }
    }
    return Promise.resolve(pixels);
  }
}
