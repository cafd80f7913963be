import { cannot } from "../errors/cannot.ts";

/**
 * A horizontal band of a slide's mask, as wide as the slide; bands arrive from top to bottom without gaps.
 *
 * @category Masks
 */
export interface MaskBand {
  /** Top row, in level-0 pixels. */
  readonly y: number;
  /** The slide's width in pixels. */
  readonly width: number;
  /** Rows in this band. */
  readonly height: number;
  /** One byte per pixel, row by row: the number of its class, from 1, or 0 for background. */
  readonly mask: Uint8Array;
  /** Probability per pixel as a byte, 0 to 255 for 0 to 1, row by row, if requested; with several classes, the highest. */
  readonly probability8?: Uint8Array;
  /** The same for each of several classes. */
  readonly probabilities8?: readonly Uint8Array[];
}

/**
 * Receives a slide's mask band by band, from {@linkcode writeBands}.
 *
 * @category Masks
 */
export interface MaskSink {
  /** Prepares for the first band, so that a file that cannot be written is reported before the work begins. */
  open?(): Promise<void>;
  /** Receives the next band; it must not keep the band's arrays. */
  write(band: MaskBand): void | Promise<void>;
  /** Completes the result. */
  close(): Promise<void>;
  /** Removes all output; does nothing after `close()`. */
  abort(): Promise<void>;
}

/** Throws unless `band` is as wide as the slide and begins at row `y`. */
export function expectBand(
  band: MaskBand,
  expected: { readonly width: number; readonly y: number },
): void {
  const { width, y } = expected;
  if (band.width !== width || band.y !== y) {
    throw cannot(
      "take a mask band",
      `row ${y} of width ${width} comes next, not row ${band.y} of width ${band.width}`,
      { kind: RangeError },
    );
  }
  const { length } = band.mask, needed = band.width * band.height;
  if (length !== needed) {
    throw cannot("take a mask band", `its mask must have ${needed} bytes`, {
      received: length,
      kind: RangeError,
    });
  }
}

/** Throws a `RangeError` unless width and height are positive integers. */
export function expectSize(
  action: string,
  size: { readonly width: number; readonly height: number },
): void {
  for (const name of ["width", "height"] as const) {
    const value = size[name];
    if (!Number.isInteger(value) || value < 1 || value > 0x7fffffff) {
      throw cannot(action, `${name} must be a positive integer`, {
        received: value,
        kind: RangeError,
      });
    }
  }
}

/**
 * Finds the runs of foreground, or of a class, in the rows of a mask, four pixels at a time where nothing changes. Most of a slide's mask is
 * empty, so this scan dominates the cost of encoding it.
 */
export class RowRuns {
  /** Edges of the last scanned row's runs: start, end, start, end, … in ascending order; ends are exclusive. */
  edges: Uint32Array;
  /** How many entries of `edges` are valid. */
  count = 0;
  #spare: Uint32Array;
  #mask: Uint8Array = new Uint8Array(0);
  #words: Uint32Array = new Uint32Array(0);
  /** Offset of the mask's first byte in its first word. */
  #shift = 0;
  /** The class; 0 for all. */
  readonly #value: number;

  /**
   * Makes a scanner.
   *
   * @param width Pixels per row.
   * @param value The class whose runs are found. Default: all but background.
   */
  constructor(width: number, value = 0) {
    this.#value = value;
    this.edges = new Uint32Array(width + 2);
    this.#spare = new Uint32Array(width + 2);
  }

  /** Sets the mask whose rows are scanned next. */
  setMask(mask: Uint8Array): void {
    this.#mask = mask;
    this.#shift = mask.byteOffset & 3;
    this.#words = new Uint32Array(
      mask.buffer,
      mask.byteOffset - this.#shift,
      (this.#shift + mask.length) >>> 2,
    );
  }

  /** Scans the mask's pixels from `start` to `end` as one row. Returns the previous row, for comparison. */
  scan(start: number, end: number): { edges: Uint32Array; count: number } {
    const before = { edges: this.edges, count: this.count };
    const edges = this.#spare;
    let count = 0;
    for (let at = this.#next(start, end, false); at < end;) {
      edges[count++] = at - start;
      at = this.#next(at, end, true);
      edges[count++] = at - start;
      if (at < end) at = this.#next(at, end, false);
    }
    this.#spare = this.edges;
    this.edges = edges;
    this.count = count;
    return before;
  }

  /** The first pixel from `at` on that is not of the run, or not of the gap. */
  #next(at: number, end: number, inside: boolean): number {
    const mask = this.#mask, words = this.#words, shift = this.#shift;
    const value = this.#value;
    const word = inside ? Math.imul(value || 1, 0x01010101) >>> 0 : 0;
    const last = (end + shift) >>> 2;
    for (; at < end; at++) {
      if (((at + shift) & 3) === 0) {
        let index = (at + shift) >>> 2;
        while (index < last && words[index] === word) index++;
        at = Math.max(at, index * 4 - shift);
        if (at === end) break;
      }
      const pixel = mask[at];
      if ((value === 0 ? pixel !== 0 : pixel === value) !== inside) break;
    }
    return at;
  }
}
