import { cannot } from "../../errors/cannot.ts";
import {
  expectBand,
  expectSize,
  type MaskBand,
  type MaskSink,
  RowRuns,
} from "../mask_band.ts";

/** Approximate length of a piece of text. */
const PIECE = 1 << 16;

/**
 * Encodes a mask that comes in bands, from top to bottom, in Kaggle's run-length encoding: pairs `start length` over
 * the pixels column by column, the first pixel being 1. Runs continue from the bottom of a column to the top of the
 * next.
 *
 * For each column it keeps the rows at which the mask changes, as differences of one to three bytes. Memory grows with
 * the outline of the mask, not with its area; the worst case (a checkerboard) takes about a byte per pixel.
 *
 * Source: the evaluation page of HuBMAP - Hacking the Kidney (Kaggle, 2020).
 *
 * @example
 * ```ts
 * import { RleEncoder } from "@tilewise/tilewise/masks";
 *
 * const encoder = new RleEncoder({ width: 2, height: 2 });
 * encoder.write({ y: 0, width: 2, height: 1, mask: new Uint8Array([0, 1]) });
 * encoder.write({ y: 1, width: 2, height: 1, mask: new Uint8Array([1, 0]) });
 * await encoder.close();
 * console.log([...encoder.text()].join("")); // "2 2"
 * ```
 *
 * @category Run-length codes
 */
export class RleEncoder implements MaskSink {
  readonly #width: number;
  readonly #height: number;
  readonly #runs: RowRuns;
  /** For each column, the rows at which it changes: differences in LEB128. */
  readonly #columns: (Uint8Array | undefined)[];
  readonly #used: Uint32Array;
  /** The row of each column's last change. */
  readonly #last: Uint32Array;
  #y = 0;

  /**
   * Makes an encoder that waits for row 0.
   *
   * @param size The slide's size in pixels; `class`, from 1, if only the pixels of one are encoded.
   * @throws {RangeError} If width or height is not a positive integer.
   */
  constructor(
    size: {
      readonly width: number;
      readonly height: number;
      readonly class?: number;
    },
  ) {
    expectSize("encode a mask", size);
    this.#width = size.width;
    this.#height = size.height;
    this.#runs = new RowRuns(size.width, size.class);
    this.#columns = new Array(size.width);
    this.#used = new Uint32Array(size.width);
    this.#last = new Uint32Array(size.width);
  }

  /**
   * Takes the next band.
   *
   * @throws {RangeError} If it is not the one that comes next.
   */
  write(band: MaskBand): void {
    expectBand(band, { width: this.#width, y: this.#y });
    this.#runs.setMask(band.mask);
    for (let row = 0; row < band.height; row++, this.#y++) {
      const start = row * this.#width;
      const before = this.#runs.scan(start, start + this.#width);
      this.#change(
        before.edges,
        before.count,
        this.#runs.edges,
        this.#runs.count,
      );
    }
  }

  /**
   * Ends the mask.
   *
   * @throws {RangeError} If rows are missing.
   */
  close(): Promise<void> {
    if (this.#y !== this.#height) {
      return Promise.reject(
        cannot("encode a mask", `${this.#height} rows are needed`, {
          received: this.#y,
          kind: RangeError,
        }),
      );
    }
    this.#change(this.#runs.edges, this.#runs.count, new Uint32Array(0), 0);
    return Promise.resolve();
  }

  /** Releases the runs. */
  abort(): Promise<void> {
    this.#columns.fill(undefined);
    this.#used.fill(0);
    return Promise.resolve();
  }

  /** The text in pieces; complete after `close()`. */
  *text(): Generator<string, void, undefined> {
    let piece = "";
    let separator = "";
    let start = -1, end = -1;
    for (let column = 0; column < this.#width; column++) {
      const bytes = this.#columns[column];
      if (!bytes) continue;
      let at = column * this.#height;
      let inside = false;
      for (let index = 0; index < this.#used[column];) {
        let delta = 0;
        for (let shift = 0, byte = 128; byte >= 128; shift += 7) {
          byte = bytes[index++];
          delta |= (byte & 127) << shift;
        }
        at += delta;
        if (inside) end = at;
        else if (at !== end) {
          if (start >= 0) {
            piece += `${separator}${start + 1} ${end - start}`;
            separator = " ";
            if (piece.length > PIECE) {
              yield piece;
              piece = "";
            }
          }
          start = at;
        }
        inside = !inside;
      }
    }
    if (start >= 0) piece += `${separator}${start + 1} ${end - start}`;
    if (piece) yield piece;
  }

  /** Records the columns in which this row and the previous one differ: those between the 1st and 2nd, 3rd and 4th, … edge that only one of them has. */
  #change(
    before: Uint32Array,
    beforeCount: number,
    now: Uint32Array,
    nowCount: number,
  ): void {
    let i = 0, j = 0, open = -1;
    while (i < beforeCount || j < nowCount) {
      const a = i < beforeCount ? before[i] : Infinity;
      const b = j < nowCount ? now[j] : Infinity;
      if (a <= b) i++;
      if (b <= a) j++;
      if (a === b) continue;
      const edge = Math.min(a, b);
      if (open < 0) {
        open = edge;
      } else {
        for (let column = open; column < edge; column++) this.#note(column);
        open = -1;
      }
    }
  }

  #note(column: number): void {
    let delta = this.#y - this.#last[column];
    this.#last[column] = this.#y;
    let used = this.#used[column];
    let bytes = this.#columns[column];
    if (!bytes || used + 5 > bytes.length) {
      const grown = new Uint8Array(bytes ? Math.ceil(bytes.length * 1.5) : 16);
      if (bytes) grown.set(bytes);
      this.#columns[column] = bytes = grown;
    }
    while (delta >= 128) {
      bytes[used++] = delta & 127 | 128;
      delta >>>= 7;
    }
    bytes[used++] = delta;
    this.#used[column] = used;
  }
}

/**
 * Encodes a whole mask in Kaggle's run-length encoding: pairs `start length`, column by column, the first pixel being
 * 1. For a mask that comes in bands, see {@linkcode RleEncoder}.
 *
 * @param mask One byte per pixel, row by row; anything but 0 is foreground.
 * @param size The mask's size in pixels.
 * @throws {RangeError} If `mask` has another size.
 *
 * @example
 * ```ts
 * import { encodeRle } from "@tilewise/tilewise/masks";
 *
 * console.log(encodeRle(new Uint8Array([0, 1, 1, 1]), { width: 2, height: 2 })); // "2 3"
 * ```
 *
 * @category Run-length codes
 */
export function encodeRle(
  mask: Uint8Array,
  size: { readonly width: number; readonly height: number },
): string {
  const encoder = new RleEncoder(size);
  encoder.write({ y: 0, ...size, mask });
  encoder.close(); // It has all rows, so this cannot fail.
  return [...encoder.text()].join("");
}
