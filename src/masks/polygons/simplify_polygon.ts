import { cannot } from "../../errors/cannot.ts";
import TinyQueue from "tinyqueue";
import type { MaskPolygon } from "./outline.ts";

/** A corner of a ring being simplified. */
interface Corner {
  readonly x: number;
  readonly y: number;
  /** The original ring, and the corner's index in it. */
  readonly ring: Int32Array;
  readonly index: number;
  before: Corner;
  after: Corner;
  /** Distance of the original outline from the side that would replace this corner. */
  cost: number;
  gone: boolean;
}

/** A corner that may be removed, with its cost when it was queued. */
interface Candidate {
  readonly corner: Corner;
  readonly cost: number;
}

/**
 * Removes corners of a polygon as long as no point of its outline is farther than `tolerance` pixels from the new one.
 * Topology is preserved: a corner is removed only if its triangle with its neighbors contains no other corner of the
 * polygon, so no ring meets itself or another, and holes stay holes. Rings keep at least four corners. Measurements
 * stay those of the pixels: {@linkcode MaskPolygon.traced} keeps the rings as they were.
 *
 * Corners are removed one by one, those with the smallest error first, as in Visvalingam and Whyatt, "Line
 * generalisation by repeated elimination of points" (1993), but by distance instead of area.
 *
 * @param polygon An object as a `Polygonizer` gives it.
 * @param options `tolerance` in pixels.
 * @throws {RangeError} If the tolerance is negative or not a number.
 *
 * @example
 * ```ts
 * import { simplifyPolygon } from "@tilewise/tilewise/masks";
 *
 * const stairs = { rings: [new Int32Array([0, 4, 0, 0, 1, 0, 1, 1, 2, 1, 2, 2, 3, 2, 3, 3, 4, 3, 4, 4])], area: 10, perimeter: 16 };
 * console.log(simplifyPolygon(stairs, { tolerance: 1 }).rings[0].length / 2); // 4 corners of 10
 * ```
 *
 * @category Polygons
 */
export function simplifyPolygon(
  polygon: MaskPolygon,
  options: { readonly tolerance: number },
): MaskPolygon {
  const { tolerance } = options;
  if (!(tolerance >= 0)) {
    throw cannot("simplify a polygon", "tolerance must be 0 or more", {
      received: tolerance,
      kind: RangeError,
    });
  }
  const lengths = polygon.rings.map((ring) => ring.length / 2);
  if (tolerance === 0 || lengths.every((length) => length <= 4)) return polygon;
  const grid = new CornerGrid<Corner>(Math.max(8, tolerance * 4));
  const queue = new TinyQueue<Candidate>([], (a, b) => a.cost - b.cost);
  const rings = polygon.rings.map((ring) => linkCorners(ring));
  const weigh = (corner: Corner): void => {
    corner.cost = errorWithout(corner, tolerance);
    if (corner.cost <= tolerance) queue.push({ corner, cost: corner.cost });
  };
  for (const corners of rings) corners.forEach((corner) => grid.add(corner));
  for (const corners of rings) corners.forEach(weigh);
  const ringOf = new Map<Corner, number>();
  rings.forEach((corners, ring) =>
    corners.forEach((corner) => ringOf.set(corner, ring))
  );
  for (let next = queue.pop(); next; next = queue.pop()) {
    const { corner, cost } = next;
    if (corner.gone || corner.cost !== cost) continue; // Its cost has changed since.
    const ring = ringOf.get(corner)!;
    if (lengths[ring] <= 4 || !isFree(corner, grid)) continue;
    const { before, after } = corner;
    corner.gone = true;
    lengths[ring]--;
    grid.delete(corner);
    before.after = after;
    after.before = before;
    weigh(before);
    weigh(after);
  }
  const simple = rings.map((corners) => packCorners(corners));
  return { ...polygon, rings: simple, traced: polygon.traced ?? polygon.rings };
}

function linkCorners(ring: Int32Array): Corner[] {
  const corners: Corner[] = [];
  for (let i = 0; i < ring.length; i += 2) {
    const corner = {
      x: ring[i],
      y: ring[i + 1],
      ring,
      index: i / 2,
      cost: 0,
      gone: false,
    };
    corners.push(corner as Corner);
  }
  corners.forEach((corner, i) => {
    corner.before = corners.at(i - 1)!;
    corner.after = corners[(i + 1) % corners.length];
  });
  return corners;
}

function packCorners(corners: readonly Corner[]): Int32Array {
  const kept = corners.filter(({ gone }) => !gone);
  return Int32Array.from(kept.flatMap(({ x, y }) => [x, y]));
}

/** Whether no other corner is in or on the triangle of a corner and its neighbors. */
function isFree(corner: Corner, grid: CornerGrid<Corner>): boolean {
  const { before: a, after: c } = corner;
  const box = {
    left: Math.min(a.x, corner.x, c.x),
    right: Math.max(a.x, corner.x, c.x),
    top: Math.min(a.y, corner.y, c.y),
    bottom: Math.max(a.y, corner.y, c.y),
  };
  for (const other of grid.within(box)) {
    if (other === a || other === corner || other === c) continue;
    const sides = [
      turn(a, corner, other),
      turn(corner, c, other),
      turn(c, a, other),
    ];
    if (sides.every((side) => side >= 0) || sides.every((side) => side <= 0)) {
      return false;
    }
  }
  return true;
}

interface Point {
  readonly x: number;
  readonly y: number;
}

/** A box, including its sides. */
interface Box {
  readonly left: number;
  readonly top: number;
  readonly right: number;
  readonly bottom: number;
}

/** Twice the signed area of a triangle; exact in whole pixels. */
function turn(a: Point, b: Point, c: Point): number {
  return (b.x - a.x) * (c.y - a.y) - (b.y - a.y) * (c.x - a.x);
}

/** Distance of the original corners between a corner's neighbors from the side between these; stops at the first above `limit`. */
function errorWithout(corner: Corner, limit: number): number {
  const { ring, before: a, after: b } = corner;
  const count = ring.length / 2;
  const dx = b.x - a.x, dy = b.y - a.y;
  const length = dx * dx + dy * dy;
  let most = 0;
  for (let i = (a.index + 1) % count; i !== b.index; i = (i + 1) % count) {
    const x = ring[i * 2] - a.x, y = ring[i * 2 + 1] - a.y;
    const along = (x * dx + y * dy) / length;
    const t = length === 0 ? 0 : Math.max(0, Math.min(1, along));
    most = Math.max(most, Math.hypot(x - t * dx, y - t * dy));
    if (most > limit) break;
  }
  return most;
}

/** A spatial index of points: the plane is divided into square cells, each with its points. */
class CornerGrid<T extends Point> {
  readonly #side: number;
  readonly #cells = new Map<number, Set<T>>();

  /** Makes an empty grid of cells of `side`. */
  constructor(side: number) {
    this.#side = side;
  }

  /** Adds a point. */
  add(point: T): void {
    const key = this.#key(this.#cell(point.x), this.#cell(point.y));
    const cell = this.#cells.get(key);
    if (cell) cell.add(point);
    else this.#cells.set(key, new Set([point]));
  }

  /** Removes a point. */
  delete(point: T): void {
    const key = this.#key(this.#cell(point.x), this.#cell(point.y));
    this.#cells.get(key)?.delete(point);
  }

  /** The points in a box, its sides included. */
  *within({ left, top, right, bottom }: Box): Generator<T> {
    for (let y = this.#cell(top); y <= this.#cell(bottom); y++) {
      for (let x = this.#cell(left); x <= this.#cell(right); x++) {
        for (const point of this.#cells.get(this.#key(x, y)) ?? []) {
          if (
            point.x >= left && point.x <= right && point.y >= top &&
            point.y <= bottom
          ) yield point;
        }
      }
    }
  }

  #cell(coordinate: number): number {
    return Math.floor(coordinate / this.#side);
  }

  #key(x: number, y: number): number {
    return y * 2 ** 26 + x;
  }
}
