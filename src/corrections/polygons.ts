import { cannot } from "../errors/cannot.ts";
import {
  Clipper64,
  ClipType,
  FillRule,
  type Path64,
  type Paths64,
} from "clipper2-ts";
import { simplePolygons } from "./simple_polygons.ts";

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

const TYPES = {
  union: ClipType.Union,
  difference: ClipType.Difference,
  intersection: ClipType.Intersection,
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
  return polygonsOf(one, other, TYPES[how]).flat();
}

/**
 * Makes the rings of an area simple: none crosses or touches itself or another along a line, and all have corners in
 * steps of 1/100 pixel. Outer rings are followed by their holes, which run the other way around.
 *
 * @returns None if there is no area.
 */
export function normalize(rings: Rings): number[][] {
  return polygonsOf(rings, [], ClipType.Union).flat();
}

/**
 * Makes an area GeoJSON that JTS, and so QuPath, takes as valid: one polygon, or several that touch in points at most.
 *
 * @returns `undefined` if there is no area.
 */
export function toGeometry(rings: Rings): AreaGeometry | undefined {
  const polygons = polygonsOf(rings, [], ClipType.Union)
    .map((polygon) => polygon.map(closed));
  if (polygons.length === 0) return undefined;
  return polygons.length === 1
    ? { type: "Polygon", coordinates: polygons[0] }
    : { type: "MultiPolygon", coordinates: polygons };
}

/** Polygons, each its outer ring and its holes. */
function polygonsOf(one: Rings, other: Rings, how: ClipType): number[][][] {
  const clipper = new Clipper64();
  clipper.preserveCollinear = false;
  clipper.addSubject(one.map(toPath));
  if (other.length > 0) clipper.addClip(other.map(toPath));
  const paths: Paths64 = [];
  if (!clipper.execute(how, FillRule.EvenOdd, paths)) {
    throw cannot("combine outlines", "they are too entangled");
  }
  return simplePolygons(paths).map((polygon) => polygon.map(toRing));
}

function toPath(ring: readonly number[]): Path64 {
  const path: Path64 = [];
  for (let i = 0; i < ring.length; i += 2) {
    path.push({
      x: Math.round(ring[i] * STEPS),
      y: Math.round(ring[i + 1] * STEPS),
    });
  }
  return path;
}

function toRing(path: Path64): number[] {
  return path.flatMap(({ x, y }) => [x / STEPS, y / STEPS]);
}

function closed(ring: readonly number[]): number[][] {
  const points: number[][] = [];
  for (let i = 0; i < ring.length; i += 2) points.push([ring[i], ring[i + 1]]);
  points.push([ring[0], ring[1]]);
  return points;
}
