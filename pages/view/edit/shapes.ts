import {
  Clipper,
  ClipperD,
  ClipType,
  EndType,
  FillRule,
  JoinType,
  type PathsD,
} from "clipper2-ts";
import { measureRings } from "../../../src/corrections/feature_rings.ts";
import {
  combine,
  type Rings,
  toGeometry,
} from "../../../src/corrections/polygons.ts";

export type { Rings };

/** Decimals of a pixel that are kept where outlines are cut and joined, as on the server. */
const DECIMALS = 2;

/** The area that a ring goes around, however it crosses itself, in rings that do not. */
export function enclosed(ring: readonly number[]): Rings {
  return toRings(
    Clipper.unionD(toPaths([ring]), [], FillRule.NonZero, DECIMALS),
  );
}

/** What a round pen of some radius covers along lines; `error`: how far its arcs may be off, in pixels. */
export function penStroke(
  lines: Rings,
  { radius, error }: { readonly radius: number; readonly error: number },
): Rings {
  return toRings(Clipper.inflatePathsD(
    toPaths(lines),
    radius,
    JoinType.Round,
    EndType.Round,
    2,
    DECIMALS,
    error,
  ));
}

/** The parts of a line that run through a shape from edge to edge: not those in which the line begins or ends. */
export function chords(line: readonly number[], rings: Rings): number[][] {
  const clipper = new ClipperD(DECIMALS);
  clipper.addOpenSubjectPaths(toPaths([line]));
  clipper.addClipPaths(toPaths(rings));
  const inside: PathsD = [];
  clipper.execute(ClipType.Intersection, FillRule.EvenOdd, [], inside);
  const ends = [line.slice(0, 2), line.slice(-2)];
  const isEnd = ([x, y]: readonly number[]) =>
    ends.some((end) => Math.hypot(x - end[0], y - end[1]) < 0.02);
  return toRings(inside)
    .filter((chord) => !isEnd(chord.slice(0, 2)) && !isEnd(chord.slice(-2)));
}

/** The part of a shape within a slide. */
export function within(
  rings: Rings,
  { width, height }: { readonly width: number; readonly height: number },
): Rings {
  const inside = rings.every((ring) =>
    ring.every((value, i) => value >= 0 && value <= (i % 2 ? height : width))
  );
  if (inside) return rings;
  const slide = [[0, 0, width, 0, width, height, 0, height]];
  return combine(rings, slide, "intersection");
}

/** The pieces of a shape that do not touch, each with its holes. */
export function pieces(rings: Rings): Rings[] {
  const area = toGeometry(rings);
  if (!area) return [];
  const polygons = area.type === "Polygon"
    ? [area.coordinates]
    : area.coordinates;
  return polygons.map((polygon) =>
    polygon.map((ring) => ring.slice(0, -1).flat())
  );
}

/** The area of a shape in square pixels. Its rings must not cross. */
export function areaOf(rings: Rings): number {
  return measureRings(rings).area;
}

/** A line without the points that no one would miss: those at most `tolerance` pixels from it. */
export function simplifiedLine(
  line: readonly number[],
  tolerance: number,
): number[] {
  const [path] = toPaths([line]);
  return Clipper.ramerDouglasPeuckerD(path, tolerance)
    .flatMap(({ x, y }) => [x, y]);
}

function toPaths(rings: Rings): PathsD {
  return rings.map((ring) =>
    Array.from(
      { length: ring.length / 2 },
      (_, i) => ({ x: ring[2 * i], y: ring[2 * i + 1] }),
    )
  );
}

function toRings(paths: PathsD): number[][] {
  return paths.map((path) =>
    path.flatMap(({ x, y }) => [rounded(x), rounded(y)])
  );
}

/** Without the error of the division, so that files hold 0.1 and not 0.1000001. */
function rounded(value: number): number {
  return Number(value.toFixed(DECIMALS));
}
