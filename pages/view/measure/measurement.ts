import { formatCount } from "../../../src/report/markup.ts";
import { formatArea, formatLength, type Mpp } from "../../shared/format.ts";

/** A place in level-0 pixels. */
export type Point = readonly [x: number, y: number];

/** A distance between two points, or the area of a polygon. */
export interface Measurement {
  readonly kind: "distance" | "area";
  readonly points: readonly Point[];
}

/** The length of a line through points: in µm if the scale is known, where pixels need not be square, else in pixels. */
export function lengthOf(points: readonly Point[], mpp?: Mpp): number {
  const { x, y } = mpp ?? { x: 1, y: 1 };
  return points.slice(1).reduce((sum, [right, bottom], i) => {
    const [left, top] = points[i];
    return sum + Math.hypot((right - left) * x, (bottom - top) * y);
  }, 0);
}

/** The area of a polygon in square pixels. */
export function areaOf(points: readonly Point[]): number {
  const twice = points.reduce((sum, [x, y], i) => {
    const [nextX, nextY] = points[(i + 1) % points.length];
    return sum + x * nextY - nextX * y;
  }, 0);
  return Math.abs(twice) / 2;
}

/** Whether lines of a polygon cross each other, so that it has no one area. */
export function crossesItself(points: readonly Point[]): boolean {
  const count = points.length;
  const side = ([ax, ay]: Point, [bx, by]: Point, [x, y]: Point) =>
    Math.sign((bx - ax) * (y - ay) - (by - ay) * (x - ax));
  for (let i = 0; i < count; i++) {
    for (let j = i + 2; j < count; j++) {
      if (i === 0 && j === count - 1) continue; // neighbors
      const [a, b] = [points[i], points[i + 1]];
      const [c, d] = [points[j], points[(j + 1) % count]];
      if (
        side(a, b, c) * side(a, b, d) < 0 && side(c, d, a) * side(c, d, b) < 0
      ) return true;
    }
  }
  return false;
}

/** A measurement in words: µm, mm, µm² and mm² if the scale is known, else pixels. */
export function inWords({ kind, points }: Measurement, mpp?: Mpp): string {
  const length = (line: readonly Point[]) =>
    mpp
      ? formatLength(lengthOf(line, mpp), { x: 1, y: 1 })
      : `${formatCount(lengthOf(line))} px`;
  if (kind === "distance") return length(points);
  if (crossesItself(points)) return "its lines cross";
  const around = length([...points, points[0]]);
  const area = mpp
    ? formatArea(areaOf(points), mpp)
    : `${formatCount(areaOf(points))} px²`;
  return `${area}, ${around} around`;
}
