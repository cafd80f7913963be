import { cannot } from "../../errors/cannot.ts";
import { colorsOf, type MaskClass, rgbOf } from "../../io/classes.ts";
import {
  expectBand,
  expectSize,
  type MaskBand,
  RowRuns,
} from "../mask_band.ts";

/** The classes of a picture's pixels. */
export interface ClassesOfPixels {
  /** The class of each pixel, from 1, or 0. */
  readonly labels: Uint8Array;
  /** The color of each class. */
  readonly colors: readonly (readonly number[])[];
}

/** The size of a {@linkcode CoverageCanvas}. */
export interface CoverageCanvasOptions {
  /** The slide's width in pixels. */
  readonly width: number;
  /** The slide's height in pixels. */
  readonly height: number;
  /** Longest side of the picture in pixels. Default: 2048. */
  readonly maxSide?: number;
  /** The classes, if there are several. Default: one. */
  readonly classes?: readonly MaskClass[];
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
  /** For each class, how many slide pixels it covers of each pixel of the current row. */
  readonly #sums: readonly Uint32Array[];
  readonly #values: Uint8Array;
  /** The class that covers most of each pixel, the first of several, if there is more than one. */
  readonly classes: ClassesOfPixels | undefined;
  readonly #runs: readonly RowRuns[];
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
    const count = Math.max(1, options.classes?.length ?? 1);
    const ofEach = <T>(make: (value?: number) => T) =>
      Array.from(
        { length: count },
        (_, i) => make(count > 1 ? i + 1 : undefined),
      );
    this.#sums = ofEach(() => new Uint32Array(this.width));
    this.#values = new Uint8Array(this.width * this.height);
    this.classes = count > 1
      ? {
        labels: new Uint8Array(this.#values.length),
        colors: colorsOf(options.classes!).map(rgbOf),
      }
      : undefined;
    this.#runs = ofEach((value) => new RowRuns(width, value));
  }

  /**
   * Adds the next band.
   *
   * @throws {RangeError} If it is not the one that comes next.
   */
  write(band: MaskBand): void {
    const { width } = this.#slide;
    expectBand(band, { width, y: this.#y });
    for (const runs of this.#runs) runs.setMask(band.mask);
    for (let row = 0; row < band.height; row++) {
      for (const [k, runs] of this.#runs.entries()) {
        runs.scan(row * width, (row + 1) * width);
        const { edges, count } = runs;
        for (let i = 0; i < count; i += 2) {
          this.#addRun(this.#sums[k], edges[i], edges[i + 1]);
        }
      }
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
      let sum = 0, most = 0;
      for (let k = 0; k < this.#sums.length; k++) {
        const own = this.#sums[k][x];
        sum += own;
        if (own <= most) continue;
        most = own;
        if (this.classes) this.classes.labels[at] = k + 1;
      }
      if (sum === 0) continue;
      const columns = Math.min(this.scale, this.#slide.width - x * this.scale);
      this.#values[at] = Math.round(sum * 255 / (rows * columns));
    }
    for (const sums of this.#sums) sums.fill(0);
  }

  #addRun(sums: Uint32Array, start: number, end: number): void {
    const { scale } = this;
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
