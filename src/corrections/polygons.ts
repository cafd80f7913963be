import { cannot } from "../errors/cannot.ts";
import { boundaryOf } from "./boundary.ts";
import { simplePolygons } from "./simple_polygons.ts";
import { type Corner, type Side, snapRound } from "./snap_round.ts";

/** Rings x, y, x, y, … in pixels, not closed. Inside is what an odd number of them encloses. */
export type Rings = readonly (readonly number[])[];

/** What {@linkcode combine} makes of two areas. */
export type Combination = "union" | "difference" | "intersection";

/** An area as GeoJSON. */
export type AreaGeometry =
  | { readonly type: "Polygon"; readonly coordinates: number[][][] }
  | { readonly type: "MultiPolygon"; readonly coordinates: number[][][][] };

/** Steps in a pixel: QuPath writes two decimals, and rounds to them what it reads. */
const STEPS = 100;

/** What is inside: the first area is 1, the second 2. */
const INSIDE: Readonly<Record<Combination, (of: number) => boolean>> = {
  union: (of) => of !== 0,
  difference: (of) => of === 1,
  intersection: (of) => of === 3,
};

/**
 * Combines two areas.
 *
 * @returns Rings as {@linkcode normalize} makes them; none if nothing is left.
 */
export function combine(
  one: Rings,
  other: Rings,
  how: Combination,
): number[][] {
  return polygonsOf(one, other, how).flat();
}

/**
 * Makes the rings of an area simple: none crosses or touches itself or another along a line, and all have corners in
 * steps of 1/100 pixel. Outer rings are followed by their holes, which run the other way around.
 *
 * @returns None if there is no area.
 */
export function normalize(rings: Rings): number[][] {
  return polygonsOf(rings, [], "union").flat();
}

/**
 * Makes an area GeoJSON that JTS, and so QuPath, takes as valid: one polygon, or several that touch in points at most.
 *
 * @returns `undefined` if there is no area.
 */
export function toGeometry(rings: Rings): AreaGeometry | undefined {
  const polygons = polygonsOf(rings, [], "union")
    .map((polygon) => polygon.map(closed));
  if (polygons.length === 0) return undefined;
  return polygons.length === 1
    ? { type: "Polygon", coordinates: polygons[0] }
    : { type: "MultiPolygon", coordinates: polygons };
}

/** Polygons, each its outer ring and its holes. */
function polygonsOf(
  one: Rings,
  other: Rings,
  how: Combination,
): number[][][] {
  const sides = snapRound([...sidesOf(one, 1), ...sidesOf(other, 2)]);
  if (!sides) {
    throw cannot("combine outlines", "they are too entangled", {
      kind: RangeError,
    });
  }
  return simplePolygons(boundaryOf(sides, INSIDE[how]))
    .map((polygon) => polygon.map(toRing));
}

function sidesOf(rings: Rings, of: number): Side[] {
  return rings.flatMap((ring) => {
    const corners: Corner[] = [];
    for (let i = 0; i < ring.length; i += 2) {
      corners.push({
        x: Math.round(ring[i] * STEPS),
        y: Math.round(ring[i + 1] * STEPS),
      });
    }
    return corners.map((from, i) => ({
      from,
      to: corners[(i + 1) % corners.length],
      of,
    }));
  });
}

function toRing(corners: readonly Corner[]): number[] {
  return corners.flatMap(({ x, y }) => [x / STEPS, y / STEPS]);
}

function closed(ring: readonly number[]): number[][] {
  const points: number[][] = [];
  for (let i = 0; i < ring.length; i += 2) points.push([ring[i], ring[i + 1]]);
  points.push([ring[0], ring[1]]);
  return points;
}
