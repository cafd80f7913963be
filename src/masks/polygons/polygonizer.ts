import { cannot } from "../../errors/cannot.ts";
import {
  expectBand,
  expectSize,
  type MaskBand,
  type MaskSink,
  RowRuns,
} from "../mask_band.ts";
import {
  extendOutline,
  joinOutlines,
  joinParts,
  type MaskPolygon,
  type OpenParts,
  type OutlineEnd,
  type Part,
  polygonOf,
  rootOf,
  startOutline,
} from "./outline.ts";

/**
 * Options for {@linkcode Polygonizer}.
 *
 * @category Polygons
 */
export interface PolygonizerOptions {
  /** The slide's width in pixels. */
  readonly width: number;
  /** The slide's height in pixels. */
  readonly height: number;
  /** The class whose objects are traced, from 1. Default: all classes are one. */
  readonly class?: number;
  /** Called with each object as soon as it is complete. */
  readonly onPolygon: (polygon: MaskPolygon) => void;
}

/** Calls a function with each object of a polygonizer and its part, in place of `onPolygon`. Returns what tells the open parts. */
export let watchParts: (
  polygonizer: Polygonizer,
  onPart: (polygon: MaskPolygon, part: Part) => void,
) => () => OpenParts;

/**
 * Traces the objects of a mask that comes in bands, from top to bottom. Pixels are joined by their edges, not by their
 * corners (4-connected); polygons follow the pixels' edges, so that their area is the pixel count, and have no corners
 * within straight lines. Borders of bands and tiles leave no trace. Memory grows with the open outlines.
 *
 * It walks down the rows and, in each row, visits the places where a run begins or ends in it or in the row above. There
 * an outline starts, continues, joins another, or closes.
 *
 * @example
 * ```ts
 * import { Polygonizer } from "@tilewise/tilewise/masks";
 *
 * const polygonizer = new Polygonizer({
 *   width: 3,
 *   height: 1,
 *   onPolygon: ({ rings, area }) => console.log(rings[0], area), // corners 0,1 0,0 2,0 2,1 and 2
 * });
 * polygonizer.write({ y: 0, width: 3, height: 1, mask: new Uint8Array([1, 1, 0]) });
 * await polygonizer.close();
 * ```
 *
 * @category Polygons
 */
export class Polygonizer implements MaskSink {
  readonly #width: number;
  readonly #height: number;
  readonly #class: number | undefined;
  #onPolygon: (polygon: MaskPolygon, part: Part) => void;
  readonly #runs: RowRuns;
  /** For each edge of the last row's runs, the end of the outline along it. */
  #ends: OutlineEnd[] = [];
  /** For each of the last row's runs, its part. */
  #parts: Part[] = [];
  #y = 0;

  static {
    watchParts = (one, onPart) => {
      one.#onPolygon = onPart;
      return () => ({ runs: one.#runs, parts: one.#parts });
    };
  }

  /**
   * Makes a tracer that waits for row 0.
   *
   * @throws {RangeError} If a size is not a positive integer.
   */
  constructor(options: PolygonizerOptions) {
    expectSize("trace a mask", options);
    this.#width = options.width;
    this.#height = options.height;
    this.#onPolygon = options.onPolygon;
    this.#class = options.class;
    this.#runs = new RowRuns(options.width, options.class);
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
      const { edges, count } = this.#runs;
      if (!isSame(before.edges, before.count, edges, count)) {
        this.#trace(before.edges, before.count, edges, count);
      }
      this.#addProbability(band.probability8, start);
    }
  }

  /**
   * Closes the objects that reach the bottom of the mask.
   *
   * @throws {RangeError} If rows are missing.
   */
  close(): Promise<void> {
    if (this.#y !== this.#height) {
      return Promise.reject(
        cannot("trace a mask", `${this.#height} rows are needed`, {
          received: this.#y,
          kind: RangeError,
        }),
      );
    }
    try {
      this.#trace(this.#runs.edges, this.#runs.count, new Uint32Array(0), 0);
      return Promise.resolve();
    } catch (error) {
      return Promise.reject(error);
    }
  }

  /** Releases the outlines. */
  abort(): Promise<void> {
    this.#ends = [];
    this.#parts = [];
    return Promise.resolve();
  }

  /** Adds the probabilities of the row's runs to their parts. */
  #addProbability(probability: Uint8Array | undefined, start: number): void {
    const { edges } = this.#runs;
    for (let run = 0; run < this.#parts.length; run++) {
      const part = rootOf(this.#parts[run]);
      if (!probability) {
        part.sum = NaN;
        continue;
      }
      let sum = 0;
      const end = start + edges[run * 2 + 1];
      for (let at = start + edges[run * 2]; at < end; at++) {
        sum += probability[at];
      }
      part.sum += sum;
    }
  }

  /** Advances from the runs of the row above line `#y` to those below it. */
  #trace(
    above: Uint32Array,
    aboveCount: number,
    below: Uint32Array,
    belowCount: number,
  ): void {
    const partsAbove = this.#parts;
    this.#parts = linkParts(
      above,
      partsAbove,
      below,
      belowCount >>> 1,
      this.#y,
    );
    this.#ends = this.#turn(above, aboveCount, below, belowCount, partsAbove);
    for (const each of partsAbove) {
      const part = rootOf(each);
      if (part.y === this.#y) continue; // It continues below.
      part.y = this.#y; // So that its other runs do not emit it again.
      const own = this.#class === undefined ? {} : { class: this.#class };
      this.#onPolygon({ ...polygonOf(part), ...own }, part);
    }
  }

  /** Turns the outlines at the corners on line `#y`, from left to right; returns the ends that continue below it. */
  #turn(
    above: Uint32Array,
    aboveCount: number,
    below: Uint32Array,
    belowCount: number,
    parts: readonly Part[],
  ): OutlineEnd[] {
    const y = this.#y;
    const ends = this.#ends;
    const down: OutlineEnd[] = new Array(belowCount);
    let i = 0, j = 0;
    let inAbove = false, inBelow = false; // Whether the pixels to the left of x are set.
    let along: OutlineEnd | undefined; // The end that runs along the line from the left, if those pixels differ.
    const close = (
      a: OutlineEnd,
      b: OutlineEnd,
      x: number,
      twice: boolean,
    ): void => {
      const kept = rootOf(parts[i >>> 1]).rings;
      for (const ring of joinOutlines(a, b, x, y, twice)) kept.push(ring);
    };
    while (i < aboveCount || j < belowCount) {
      const xAbove = i < aboveCount ? above[i] : Infinity;
      const xBelow = j < belowCount ? below[j] : Infinity;
      const x = Math.min(xAbove, xBelow);
      const hasAbove = xAbove === x, hasBelow = xBelow === x;
      if (hasAbove && hasBelow) {
        if (inAbove === inBelow) {
          down[j] = ends[i]; // Straight on.
        } else if (inAbove) { // The pixels above left and below right touch only at this corner.
          close(ends[i], along!, x, true);
          const { first, last } = startOutline(x, y, true);
          down[j] = first;
          along = last;
        } else { // The pixels above right and below left do.
          extendOutline(along!, x, y, true);
          down[j] = along!;
          extendOutline(ends[i], x, y, true);
          along = ends[i];
        }
      } else if (hasAbove) {
        if (along) {
          close(ends[i], along, x, false);
          along = undefined;
        } else {
          extendOutline(ends[i], x, y, false);
          along = ends[i];
        }
      } else if (along) {
        extendOutline(along, x, y, false);
        down[j] = along;
        along = undefined;
      } else {
        const { first, last } = startOutline(x, y, false);
        // Left sides run up and right sides run down, so an object below starts with its outline's first end.
        [down[j], along] = inBelow ? [last, first] : [first, last];
      }
      if (hasAbove) {
        inAbove = !inAbove;
        i++;
      }
      if (hasBelow) {
        inBelow = !inBelow;
        j++;
      }
    }
    return down;
  }
}

function isSame(
  a: Uint32Array,
  aCount: number,
  b: Uint32Array,
  bCount: number,
): boolean {
  if (aCount !== bCount) return false;
  for (let i = 0; i < aCount; i++) if (a[i] !== b[i]) return false;
  return true;
}

/** Assigns each run of the row below its part: that of the runs above it, whose parts are joined. */
function linkParts(
  above: Uint32Array,
  partsAbove: readonly Part[],
  below: Uint32Array,
  runs: number,
  y: number,
): Part[] {
  const parts: Part[] = new Array(runs);
  let from = 0;
  for (let run = 0; run < runs; run++) {
    const start = below[run * 2], end = below[run * 2 + 1];
    while (from < partsAbove.length && above[from * 2 + 1] <= start) from++;
    let part: Part | undefined;
    for (let k = from; k < partsAbove.length && above[k * 2] < end; k++) {
      part = joinParts(rootOf(partsAbove[k]), part);
    }
    part ??= { into: undefined, rings: [], y, sum: 0 };
    part.y = y;
    parts[run] = part;
  }
  return parts;
}
