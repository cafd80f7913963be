import { cannot } from "../errors/cannot.ts";
import type { Region } from "../slide/slide.ts";
import type { LabelSource } from "./label_source.ts";
import type { PolygonRings } from "./read_geojson_polygons.ts";
import { type ClassRun, coveredLength, sharedLength } from "./shared_length.ts";

interface Polygon {
  readonly rings: PolygonRings;
  /** The number of its class. */
  readonly value: number;
  readonly left: number;
  readonly top: number;
  readonly right: number;
  readonly bottom: number;
}

/** Rows that are scanned together. */
const ROWS = 256;

/**
 * A mask as polygons, filled by scan lines: a pixel is set if its center is in a polygon, by the even-odd rule. Of a pixel
 * in polygons of several classes, the class with the highest number counts.
 */
export class PolygonLabels implements LabelSource {
  /** Width of the slide in level-0 pixels. */
  readonly width: number;
  /** Height of the slide in level-0 pixels. */
  readonly height: number;
  readonly #polygons: readonly Polygon[];

  /**
   * Takes the polygons of a slide.
   *
   * @param size Of the slide; and the number of each polygon's class. Default: 1.
   * @throws {RangeError} If one is entirely outside the slide.
   */
  constructor(
    polygons: readonly PolygonRings[],
    size: {
      readonly width: number;
      readonly height: number;
      readonly values?: readonly number[];
    },
  ) {
    this.width = size.width;
    this.height = size.height;
    this.#polygons = polygons
      .map((rings, i) => boundsOf(rings, size.values?.[i] ?? 1))
      .filter(({ rings }) => rings.some((ring) => ring.length > 0))
      .sort((a, b) => a.value - b.value);
    for (const { left, top, right, bottom } of this.#polygons) {
      if (
        right < 0 || bottom < 0 || left > this.width || top > this.height
      ) {
        throw cannot(
          "use polygons",
          `one, from ${left},${top} to ${right},${bottom}, is outside the slide of ${this.width}×${this.height}; is it of another slide or level?`,
          { kind: RangeError },
        );
      }
    }
  }

  /** Reads a region: one byte per pixel, 0 or the number of its class. */
  readRegion(region: Region): Promise<Uint8Array> {
    const { x, y, width, height } = region;
    const mask = new Uint8Array(width * height);
    this.#scan(region, (row, [from, to, value]) => {
      const line = (row - y) * width - x;
      mask.fill(value, line + from, line + to);
    });
    return Promise.resolve(mask);
  }

  /** Counts the pixels in polygons of several classes. */
  countShared(): number {
    if (new Set(this.#polygons.map(({ value }) => value)).size < 2) return 0;
    return this.#sumRows(sharedLength);
  }

  /** Counts the pixels in polygons. */
  countCovered(): number {
    return this.#sumRows(coveredLength);
  }

  #sumRows(lengthOf: (runs: readonly ClassRun[]) => number): number {
    let sum = 0;
    for (let y = 0; y < this.height; y += ROWS) {
      const rows = Array.from({ length: ROWS }, (): ClassRun[] => []);
      const region = { x: 0, y, width: this.width, height: ROWS };
      this.#scan(region, (row, run) => rows[row - y].push(run));
      for (const runs of rows) sum += lengthOf(runs);
    }
    return sum;
  }

  /** Calls `fill` with the runs of pixels of each polygon in a region, those of higher classes later. */
  #scan(
    { x, y, width, height }: Region,
    fill: (row: number, run: ClassRun) => void,
  ): void {
    const top = Math.max(0, y), bottom = Math.min(this.height, y + height);
    const left = Math.max(0, x), right = Math.min(this.width, x + width);
    for (const polygon of this.#polygons) {
      if (
        polygon.right <= left || polygon.left >= right ||
        polygon.bottom <= top || polygon.top >= bottom
      ) continue;
      crossings(polygon.rings, top, bottom).forEach((row, i) => {
        row.sort((a, b) => a - b);
        for (let k = 0; k + 1 < row.length; k += 2) {
          const from = Math.max(left, Math.ceil(row[k] - 0.5));
          const to = Math.min(right, Math.ceil(row[k + 1] - 0.5));
          if (from < to) fill(top + i, [from, to, polygon.value]);
        }
      });
    }
  }

  /** Holds nothing to release. */
  [Symbol.asyncDispose](): Promise<void> {
    return Promise.resolve();
  }
}

/** For each row from `top` to `bottom`, where the rings cross the line through its pixels' centers. */
function crossings(
  rings: PolygonRings,
  top: number,
  bottom: number,
): number[][] {
  const rows = Array.from(
    { length: Math.max(0, bottom - top) },
    (): number[] => [],
  );
  for (const ring of rings) {
    let [ax, ay] = ring.slice(-2);
    for (let i = 0; i < ring.length; i += 2) {
      const bx = ring[i], by = ring[i + 1];
      // An edge crosses a line if it begins on or above it and ends below it, so that a corner counts once.
      const first = Math.max(top, Math.ceil(Math.min(ay, by) - 0.5));
      const last = Math.min(bottom, Math.ceil(Math.max(ay, by) - 0.5));
      for (let row = first; row < last; row++) {
        rows[row - top].push(ax + (row + 0.5 - ay) / (by - ay) * (bx - ax));
      }
      [ax, ay] = [bx, by];
    }
  }
  return rows;
}

/** The bounding box of a polygon of a class. */
export function boundsOf(rings: PolygonRings, value: number): Polygon {
  let left = Infinity, top = Infinity, right = -Infinity, bottom = -Infinity;
  for (const ring of rings) {
    for (let i = 0; i < ring.length; i += 2) {
      left = Math.min(left, ring[i]);
      right = Math.max(right, ring[i]);
      top = Math.min(top, ring[i + 1]);
      bottom = Math.max(bottom, ring[i + 1]);
    }
  }
  return { rings, value, left, top, right, bottom };
}
