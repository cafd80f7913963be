import { parseRle } from "../masks/rle/decode_rle.ts";
import type { Region } from "../slide/slide.ts";
import type { LabelSource } from "./label_source.ts";

/** A mask as its runs, column by column: 16 bytes per run, regardless of the slide's size. */
export class RleLabels implements LabelSource {
  /** Width of the slide in level-0 pixels. */
  readonly width: number;
  /** Height of the slide in level-0 pixels. */
  readonly height: number;
  readonly #starts: Float64Array;
  readonly #ends: Float64Array;

  /**
   * Reads the runs of an encoding; see {@linkcode parseRle} for the format.
   *
   * @throws {SyntaxError} If it is not pairs of integers.
   * @throws {RangeError} If a run is empty, leaves the slide, or does not follow the run before it.
   */
  constructor(
    code: string,
    size: { readonly width: number; readonly height: number },
  ) {
    this.width = size.width;
    this.height = size.height;
    const starts: number[] = [], ends: number[] = [];
    for (const { start, length } of parseRle(code, size)) {
      starts.push(start);
      ends.push(start + length);
    }
    this.#starts = Float64Array.from(starts);
    this.#ends = Float64Array.from(ends);
  }

  /** The runs in order: pixels count column by column from 0, ends are exclusive. */
  runs(): (readonly [start: number, end: number])[] {
    return Array.from(
      this.#starts,
      (start, i) => [start, this.#ends[i]] as const,
    );
  }

  /** Reads a region: one byte per pixel, 0 or 1. */
  readRegion({ x, y, width, height }: Region): Promise<Uint8Array> {
    const mask = new Uint8Array(width * height);
    const top = Math.max(0, y), bottom = Math.min(this.height, y + height);
    const left = Math.max(0, x), right = Math.min(this.width, x + width);
    if (top >= bottom) return Promise.resolve(mask);
    for (let column = left; column < right; column++) {
      const from = column * this.height + top;
      const to = column * this.height + bottom;
      for (let run = this.#firstEndingAfter(from);; run++) {
        if (!(this.#starts[run] < to)) break;
        const last = Math.min(this.#ends[run], to) - column * this.height;
        let row = Math.max(this.#starts[run], from) - column * this.height;
        for (; row < last; row++) mask[(row - y) * width + column - x] = 1;
      }
    }
    return Promise.resolve(mask);
  }

  /** Holds nothing to release. */
  [Symbol.asyncDispose](): Promise<void> {
    return Promise.resolve();
  }

  #firstEndingAfter(pixel: number): number {
    let low = 0, high = this.#ends.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (this.#ends[middle] > pixel) high = middle;
      else low = middle + 1;
    }
    return low;
  }
}
