import { cannot } from "../../errors/cannot.ts";
import { tileFactor, tileSpan } from "../../tiles/plan_tiles.ts";
import type { MaskBand } from "../mask_band.ts";
import {
  CoverageCanvas,
  type CoverageCanvasOptions,
} from "./coverage_canvas.ts";
import { drawLayer, Outlines } from "./outlines.ts";

/**
 * The part of a tile that an {@linkcode Overview} draws; a `Tile` fits.
 *
 * @category Overviews
 */
export interface OverviewTile {
  /** Left edge of the center, in level-0 pixels. */
  readonly x: number;
  /** Top edge of the center, in level-0 pixels. */
  readonly y: number;
  /** Side of the center, in pixels after downsampling. */
  readonly size: number;
  /** Total expansion, in pixels after downsampling. */
  readonly expansion: number;
  /** Level-0 pixels per downsampled pixel, each way. */
  readonly downsample: number;
  /** RGB of center and expansion, `(size + expansion) * k` a side for a whole `k`; level-0 pixels where `k` is `downsample`. */
  readonly pixels: Uint8Array;
}

/**
 * A small RGB picture.
 *
 * @category Overviews
 */
export interface OverviewPicture {
  /** Width in pixels. */
  readonly width: number;
  /** Height in pixels. */
  readonly height: number;
  /** RGB, row by row. */
  readonly data: Uint8Array;
}

/**
 * A row of an {@linkcode Overview}'s picture: its pixels, or where tiles are missing, sums of red, green, blue and pixels.
 *
 * @category Overviews
 */
export interface OverviewRow {
  /** The row. */
  readonly y: number;
  /** RGB of a complete row. */
  readonly rgb?: Uint8Array;
  /** For each pixel, the sums of red, green and blue, and the number of the slide's pixels in them. */
  readonly sums?: Uint32Array;
}

/**
 * A small picture of a slide with its mask over it, made from the tiles and bands of a run, so that the slide is read once.
 * Each pixel is the mean of a block of the slide's pixels; areas without tiles are white. A slide within `maxSide`
 * (default: 2048) keeps its size. Several classes are drawn in their colors.
 *
 * @example
 * ```ts
 * import { Overview } from "@tilewise/tilewise/masks";
 *
 * const overview = new Overview({ width: 4, height: 4, maxSide: 2 });
 * overview.addTile({ x: 0, y: 0, size: 4, expansion: 0, downsample: 1, pixels: new Uint8Array(48).fill(99) });
 * overview.write({ y: 0, width: 4, height: 4, mask: new Uint8Array(16) });
 * console.log(overview.render().data.length); // 12: 2 × 2 pixels of RGB
 * ```
 *
 * @category Overviews
 */
export class Overview {
  readonly #slide: { readonly width: number; readonly height: number };
  readonly #coverage: CoverageCanvas;
  /** The picture of the slide alone. */
  readonly #data: Uint8Array;
  /**
   * For each incomplete row of the picture, the sums of red, green and blue and the number of pixels summed; there are sums for
   * one row of tiles only.
   */
  readonly #sums: (Uint32Array | undefined)[];
  /** For each row, the number of slide pixels still missing. */
  readonly #missing: number[];
  readonly #free: Uint32Array[] = [];
  #row: Uint8Array | undefined;
  /** The outlines of the mask so far, once requested. */
  #outlines: Outlines | undefined;

  /**
   * Makes a white picture.
   *
   * @throws {RangeError} If a size is not a positive integer.
   */
  constructor(options: CoverageCanvasOptions) {
    const size = { width: options.width, height: options.height };
    this.#slide = size;
    this.#coverage = new CoverageCanvas(options);
    const { width, height, scale } = this.#coverage;
    this.#data = new Uint8Array(width * height * 3).fill(255);
    this.#sums = new Array(height);
    this.#missing = Array.from(
      { length: height },
      (_, row) => Math.min(scale, size.height - row * scale) * size.width,
    );
  }

  /** Slide pixels per picture pixel, each way. */
  get scale(): number {
    return this.#coverage.scale;
  }

  /**
   * Adds the center of a tile, cropped to the slide. Add each tile once.
   *
   * @throws {RangeError} If the tile's pixels do not have the size that it states.
   */
  addTile(tile: OverviewTile): void {
    const { size, expansion, pixels } = tile;
    const factor = tileFactor(tile);
    const stride = (size + expansion) * factor;
    const span = tileSpan(tile), margin = expansion / 2 * factor;
    // The pixel that contains the center of a level-0 pixel; the same pixel if the tile has level-0 pixels.
    const nearest = (offset: number): number =>
      margin + Math.floor((offset + 0.5) * size * factor / span);
    const left = Math.max(0, tile.x),
      right = Math.min(this.#slide.width, tile.x + span);
    const top = Math.max(0, tile.y),
      bottom = Math.min(this.#slide.height, tile.y + span);
    if (right <= left) return;
    const columns = Uint32Array.from(
      { length: right - left },
      (_, i) => nearest(left + i - tile.x) * 3,
    );
    for (let y = top; y < bottom; y++) {
      const start = nearest(y - tile.y) * stride * 3;
      this.#addRow(pixels.subarray(start, start + stride * 3), columns, {
        y,
        left,
        right,
      });
    }
  }

  /** The rows of the slide's picture so far, so that parts of a slide can be drawn apart. Later tiles change their arrays. */
  *rows(): Generator<OverviewRow> {
    const { width, height } = this.#coverage;
    for (let y = 0; y < height; y++) {
      const sums = this.#sums[y];
      if (sums) yield { y, sums };
      else if (this.#missing[y] <= 0) {
        yield {
          y,
          rgb: this.#data.subarray(y * width * 3, (y + 1) * width * 3),
        };
      }
    }
  }

  /**
   * Adds a row of another picture of the slide, with other tiles.
   *
   * @throws {RangeError} If it does not fit.
   */
  addRow({ y, rgb, sums }: OverviewRow): void {
    const { width, height } = this.#coverage;
    const fits = y >= 0 && y < height &&
      (rgb ? rgb.length === width * 3 : sums?.length === width * 4);
    if (!fits) {
      throw cannot("draw a slide", `the picture has ${width} × ${height} px`, {
        received: y,
        kind: RangeError,
      });
    }
    if (rgb) {
      this.#data.set(rgb, y * width * 3);
      this.#missing[y] = 0;
      return;
    }
    const all = this.#sums[y] ??= this.#free.pop() ??
      new Uint32Array(width * 4);
    let added = 0;
    for (let i = 0; i < all.length; i++) {
      all[i] += sums![i];
      if (i % 4 === 3) added += sums![i];
    }
    this.#complete(y, added);
  }

  /** Adds the next band of the mask. */
  write(band: MaskBand): void {
    this.#coverage.write(band);
    this.#outlines = undefined;
  }

  /**
   * Ends the mask.
   *
   * @throws {RangeError} If rows are missing.
   */
  close(): void {
    this.#coverage.close();
  }

  /** Draws the slide with its mask so far over it. */
  render(): OverviewPicture {
    const { width, height } = this.#coverage;
    const data = new Uint8Array(width * height * 3);
    for (let y = 0; y < height; y++) data.set(this.renderRow(y), y * width * 3);
    return { width, height, data };
  }

  /**
   * Draws one row of {@linkcode Overview.render}, so that no second picture is needed. Every call returns the same array.
   */
  renderRow(y: number): Uint8Array {
    const { width } = this.#coverage;
    this.#drawPending(y);
    const row = this.#row ??= new Uint8Array(width * 3);
    row.set(this.#data.subarray(y * width * 3, (y + 1) * width * 3));
    drawLayer(row, this.outlineRow(y));
    return row;
  }

  /** Draws the slide so far, without the mask. Later tiles change the returned array. */
  picture(): OverviewPicture {
    const { width, height } = this.#coverage;
    for (let y = 0; y < height; y++) this.#drawPending(y);
    return { width, height, data: this.#data };
  }

  /** Draws a row of the mask so far as RGBA pixels to composite over the picture. Every call returns the same array. */
  outlineRow(y: number): Uint8Array {
    this.#outlines ??= new Outlines(this.#coverage.values(), this.#coverage);
    return this.#outlines.row(y);
  }

  /** Draws a row of the picture that is still incomplete. */
  #drawPending(row: number): void {
    const sums = this.#sums[row];
    if (sums) this.#draw(row, sums);
  }

  /** Draws a row of the picture from its sums. */
  #draw(row: number, sums: Uint32Array): void {
    const { width } = this.#coverage;
    let to = row * width * 3;
    for (let at = 0; at < sums.length; at += 4, to += 3) {
      const count = sums[at + 3];
      if (count === 0) continue;
      for (let k = 0; k < 3; k++) {
        this.#data[to + k] = Math.round(sums[at + k] / count);
      }
    }
  }

  /** Adds the pixels from `left` to `right` of one row; `columns` has the index of each in `line`. */
  #addRow(
    line: Uint8Array,
    columns: Uint32Array,
    row: { readonly y: number; readonly left: number; readonly right: number },
  ): void {
    const { scale, width } = this.#coverage;
    const index = Math.floor(row.y / scale);
    const sums = this.#sums[index] ??= this.#free.pop() ??
      new Uint32Array(width * 4);
    let to = Math.floor(row.left / scale) * 4;
    for (let x = row.left; x < row.right; to += 4) {
      const end = Math.min(row.right, x - x % scale + scale);
      let red = 0, green = 0, blue = 0;
      sums[to + 3] += end - x;
      for (; x < end; x++) {
        const at = columns[x - row.left];
        red += line[at];
        green += line[at + 1];
        blue += line[at + 2];
      }
      sums[to] += red;
      sums[to + 1] += green;
      sums[to + 2] += blue;
    }
    this.#complete(index, row.right - row.left);
  }

  /** Counts pixels that were added to a row, and draws it with the last of them. */
  #complete(row: number, added: number): void {
    this.#missing[row] -= added;
    const sums = this.#sums[row];
    if (this.#missing[row] > 0 || !sums) return;
    this.#draw(row, sums);
    this.#sums[row] = undefined;
    this.#free.push(sums.fill(0));
  }
}
