import { cannot } from "../../errors/cannot.ts";
import {
  expectBand,
  expectSize,
  type MaskBand,
  RowRuns,
} from "../mask_band.ts";

/** The size of a {@linkcode CoverageCanvas}. */
export interface CoverageCanvasOptions {
  /** The slide's width in pixels. */
  readonly width: number;
  /** The slide's height in pixels. */
  readonly height: number;
  /** Longest side of the picture in pixels. Default: 2048. */
  readonly maxSide?: number;
}

/**
 * A small picture of a mask: each pixel stands for `scale` × `scale` of the slide's pixels (fewer at the right and the
 * bottom).
 */
export class CoverageCanvas {
  /** Slide pixels per picture pixel, each way: the smallest integer that keeps the picture within `maxSide`. */
  readonly scale: number;
  /** The picture's width in pixels. */
  readonly width: number;
  /** The picture's height in pixels. */
  readonly height: number;
  readonly #slide: { readonly width: number; readonly height: number };
  /** For each pixel of the current row, how many slide pixels the mask covers. */
  readonly #sums: Uint32Array;
  readonly #values: Uint8Array;
  readonly #runs: RowRuns;
  #y = 0;

  /**
   * Makes an empty picture.
   *
   * @throws {RangeError} If a size is not a positive integer.
   */
  constructor(options: CoverageCanvasOptions) {
    const { width, height, maxSide = 2048 } = options;
    expectSize("draw a mask", options);
    if (!Number.isInteger(maxSide) || maxSide < 1) {
      throw cannot("draw a mask", "maxSide must be a positive integer", {
        received: maxSide,
        kind: RangeError,
      });
    }
    this.#slide = { width, height };
    this.scale = Math.ceil(Math.max(width, height) / maxSide);
    this.width = Math.ceil(width / this.scale);
    this.height = Math.ceil(height / this.scale);
    this.#sums = new Uint32Array(this.width);
    this.#values = new Uint8Array(this.width * this.height);
    this.#runs = new RowRuns(width);
  }

  /**
   * Adds the next band.
   *
   * @throws {RangeError} If it is not the one that comes next.
   */
  write(band: MaskBand): void {
    const { width } = this.#slide;
    expectBand(band, { width, y: this.#y });
    this.#runs.setMask(band.mask);
    for (let row = 0; row < band.height; row++) {
      this.#runs.scan(row * width, (row + 1) * width);
      const { edges, count } = this.#runs;
      for (let i = 0; i < count; i += 2) this.#addRun(edges[i], edges[i + 1]);
      this.#y++;
      if (
        this.#y % this.scale === 0 || this.#y === this.#slide.height
      ) this.#endRow();
    }
  }

  /**
   * Ends the mask.
   *
   * @throws {RangeError} If rows are missing.
   */
  close(): void {
    const { height } = this.#slide;
    if (this.#y !== height) {
      throw cannot("draw a mask", `${height} rows are needed`, {
        received: this.#y,
        kind: RangeError,
      });
    }
  }

  /** The fraction of each pixel that the mask covers, 0 to 255, row by row, for the completed rows. */
  values(): Uint8Array {
    return this.#values;
  }

  /** Converts the sums of a complete row to fractions. */
  #endRow(): void {
    const row = Math.ceil(this.#y / this.scale) - 1;
    const rows = this.#y - row * this.scale;
    for (let x = 0, at = row * this.width; x < this.width; x++, at++) {
      if (this.#sums[x] === 0) continue;
      const columns = Math.min(this.scale, this.#slide.width - x * this.scale);
      this.#values[at] = Math.round(this.#sums[x] * 255 / (rows * columns));
    }
    this.#sums.fill(0);
  }

  #addRun(start: number, end: number): void {
    const { scale } = this;
    const sums = this.#sums;
    const first = Math.floor(start / scale),
      last = Math.floor((end - 1) / scale);
    if (first === last) {
      sums[first] += end - start;
      return;
    }
    sums[first] += (first + 1) * scale - start;
    for (let x = first + 1; x < last; x++) sums[x] += scale;
    sums[last] += end - last * scale;
  }
}
