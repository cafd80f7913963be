import { cannot } from "../../errors/cannot.ts";
import type { Augmentation } from "./augmentation.ts";

/** An affine map: x′ = a x + b y + c, y′ = d x + e y + f. */
type Affine = readonly [number, number, number, number, number, number];

const IDENTITY: Affine = [1, 0, 0, 0, 1, 0];
/** Words before the grid's offsets. The layout is in the shader. */
const HEADER = 24;
/** Most control points per row. */
const MAX_POINTS = 32;

/** Most words of a tile's warp parameters. */
export const WARP_WORDS: number = HEADER + MAX_POINTS ** 2 * 2;

/**
 * Parameters of `warp_tile` for an augmentation of a tile with a given side. Maps go from the result to the source tile.
 *
 * @throws {RangeError} If a grid has too many or too few points.
 */
export function warpParameters(
  augmentation: Augmentation,
  side: number,
): Uint32Array<ArrayBuffer> {
  const { affine, distortion } = augmentation;
  const grid = distortion && "grid" in distortion ? distortion.grid : undefined;
  const spline = distortion?.kind === "elastic";
  if (
    grid &&
    !(grid.points >= (spline ? 4 : 2) && grid.points <= MAX_POINTS &&
      grid.offsets.length === grid.points ** 2 * 2)
  ) {
    throw cannot(
      "augment tiles",
      `a grid must have ${
        spline ? 4 : 2
      } to ${MAX_POINTS} points per row, each with x and y, received ${grid.points} with ${grid.offsets.length} offsets`,
      { kind: RangeError },
    );
  }
  const words = new Uint32Array(HEADER + (grid?.offsets.length ?? 0));
  const numbers = new Float32Array(words.buffer);
  numbers.set(turns(augmentation, side), 0);
  numbers.set(affine ? invert(shiftScaleRotate(affine, side)) : IDENTITY, 6);
  numbers.set(
    spline ? invert(cornerMap(distortion.corners, side)) : IDENTITY,
    12,
  );
  if (distortion?.kind === "optical") numbers[18] = distortion.k;
  if (grid) {
    words[19] = spline ? 2 : 1;
    words[20] = grid.points;
    numbers.set(grid.offsets.map((offset) => offset * side), HEADER);
  }
  if (distortion?.kind === "noise") {
    numbers[21] = distortion.deviation;
    words[22] = distortion.seed;
  }
  return words;
}

/** The map of flips and quarter turns, from the result to the tile. */
function turns(
  { flipHorizontal, flipVertical, quarterTurns }: Augmentation,
  side: number,
): Affine {
  const last = side - 1;
  let map = IDENTITY;
  // A counterclockwise turn takes pixel (x, y) from (last − y, x).
  for (let i = 0; i < quarterTurns; i++) {
    map = compose([0, -1, last, 1, 0, 0], map);
  }
  if (flipVertical) map = compose([1, 0, 0, 0, -1, last], map);
  if (flipHorizontal) map = compose([-1, 0, last, 0, 1, 0], map);
  return map;
}

/** OpenCV's getRotationMatrix2D about the center, and a shift. */
function shiftScaleRotate(
  { shiftX, shiftY, scale, degrees }: NonNullable<Augmentation["affine"]>,
  side: number,
): Affine {
  const radians = degrees * Math.PI / 180;
  const cos = scale * Math.cos(radians);
  const sin = scale * Math.sin(radians);
  const center = side / 2;
  return [
    cos,
    sin,
    (1 - cos - sin) * center + shiftX * side,
    -sin,
    cos,
    (1 - cos + sin) * center + shiftY * side,
  ];
}

/** The map that moves the points (5/6, 5/6), (5/6, 1/6), (1/6, 1/6) of the square by fractions of its side. */
function cornerMap(moves: readonly number[], side: number): Affine {
  const row = (axis: 0 | 1): [number, number, number] => {
    // At the three points, which are ⅔ apart, u + v·x + w·y is the displacement.
    const [p, q, r] = [moves[axis], moves[2 + axis], moves[4 + axis]];
    const v = (q - r) * 1.5;
    const w = (p - q) * 1.5;
    const u = r - (v + w) / 6;
    return axis === 0 ? [1 + v, w, u * side] : [v, 1 + w, u * side];
  };
  return [...row(0), ...row(1)];
}

/** First `inner`, then `outer`. */
function compose(outer: Affine, inner: Affine): Affine {
  const [a, b, c, d, e, f] = outer;
  const [g, h, i, j, k, l] = inner;
  return [
    a * g + b * j,
    a * h + b * k,
    a * i + b * l + c,
    d * g + e * j,
    d * h + e * k,
    d * i + e * l + f,
  ];
}

function invert([a, b, c, d, e, f]: Affine): Affine {
  const area = a * e - b * d;
  return [
    e / area,
    -b / area,
    (b * f - c * e) / area,
    -d / area,
    a / area,
    (c * d - a * f) / area,
  ];
}
