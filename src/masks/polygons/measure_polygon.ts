import { type MaskPolygon, outlineLength } from "./outline.ts";

/** The extent of each row's corners; reused because most objects are small and there may be a million. */
let left = new Int32Array(1024), right = new Int32Array(1024);

/**
 * The corners of the convex hull of a ring, x, y, x, y, …, counterclockwise with y read as a Cartesian axis, without
 * those within a side.
 *
 * Source: Andrew, "Another efficient algorithm for convex hulls in two dimensions" (1979); instead of being sorted,
 * corners are grouped by row, and only the leftmost and the rightmost of each row count.
 *
 * @param ring Corners of a closed ring in whole pixels.
 */
export function convexHull(ring: Int32Array): number[] {
  let top = Infinity, bottom = -Infinity;
  for (let i = 1; i < ring.length; i += 2) {
    if (ring[i] < top) top = ring[i];
    if (ring[i] > bottom) bottom = ring[i];
  }
  const rows = bottom - top + 1;
  if (rows > left.length) {
    left = new Int32Array(rows);
    right = new Int32Array(rows);
  }
  for (let row = 0; row < rows; row++) {
    left[row] = 2 ** 31 - 1;
    right[row] = -(2 ** 31);
  }
  for (let i = 0; i < ring.length; i += 2) {
    const row = ring[i + 1] - top;
    if (ring[i] < left[row]) left[row] = ring[i];
    if (ring[i] > right[row]) right[row] = ring[i];
  }
  const hull: number[] = [];
  // Down the right sides, then up the left ones.
  for (let row = 0; row < rows; row++) {
    if (right[row] >= left[row]) addCorner(hull, 0, right[row], row + top);
  }
  const from = hull.length - 2;
  for (let row = rows - 1; row >= 0; row--) {
    if (right[row] >= left[row]) addCorner(hull, from, left[row], row + top);
  }
  return hull;
}

/** Adds a corner to the chain that begins at `from`, and removes the corners that are no longer on the hull. */
function addCorner(hull: number[], from: number, x: number, y: number): void {
  let n = hull.length;
  if (x === hull[n - 2] && y === hull[n - 1]) return;
  if (x === hull[0] && y === hull[1]) return;
  for (; n >= from + 4; n -= 2) {
    const bx = hull[n - 2], by = hull[n - 1];
    const turn = (bx - hull[n - 4]) * (y - by) - (by - hull[n - 3]) * (x - bx);
    if (turn > 0) break;
    hull.pop();
    hull.pop();
  }
  hull.push(x, y);
}

/**
 * The largest distance between two corners of a convex polygon, by rotating calipers.
 *
 * Source: Shamos, "Computational geometry" (1978); Toussaint, "Solving geometric problems with the rotating calipers" (1983).
 *
 * @param hull Corners x, y, x, y, … from `convexHull()`.
 * @param pixel The size of a pixel.
 */
export function maxDiameter(
  hull: readonly number[],
  pixel: { readonly x: number; readonly y: number } = { x: 1, y: 1 },
): number {
  const { length } = hull;
  let most = 0;
  const measure = (a: number, b: number): void => {
    const dx = (hull[a] - hull[b]) * pixel.x;
    const dy = (hull[a + 1] - hull[b + 1]) * pixel.y;
    most = Math.max(most, dx * dx + dy * dy);
  };
  // For each side, the corner farthest from it, which moves around with the side.
  for (let a = 0, far = 2; a < length; a += 2) {
    const b = (a + 2) % length;
    const dx = hull[b] - hull[a], dy = hull[b + 1] - hull[a + 1];
    while (true) {
      const next = (far + 2) % length;
      const rise = dx * (hull[next + 1] - hull[far + 1]) -
        dy * (hull[next] - hull[far]);
      if (rise <= 0) break;
      far = next;
    }
    measure(a, far);
    measure(b, far);
  }
  return Math.sqrt(most);
}

/**
 * Measurements of an object's pixels, even if its outline was simplified.
 *
 * @category Polygons
 */
export interface PolygonMeasures {
  /** Area in pixels. */
  readonly areaPx: number;
  /** Estimated perimeter, holes included, in pixels: {@linkcode MaskPolygon.perimeter}. */
  readonly perimeterPx: number;
  /** Maximum Feret diameter in pixels. */
  readonly maxDiameterPx: number;
  /** Area in µm², if the scale is known. */
  readonly areaUm2?: number;
  /** Perimeter in µm, if the scale is known. */
  readonly perimeterUm?: number;
  /** Maximum diameter in µm, if the scale is known. */
  readonly maxDiameterUm?: number;
  /**
   * 4π · area / perimeter², in µm if the scale is known: 1 for a disc. Values above 1 in small objects are clamped to
   * 1.
   */
  readonly circularity: number;
  /** Area divided by the area of the convex hull: 1 for convex objects. */
  readonly solidity: number;
  /** Mean probability of its pixels in 0..1, if known. */
  readonly probability?: number;
  /** Bounding box in level-0 pixels. */
  readonly box: {
    readonly x: number;
    readonly y: number;
    readonly width: number;
    readonly height: number;
  };
  /** Centroid in level-0 pixels. */
  readonly center: { readonly x: number; readonly y: number };
}

/**
 * Measures an object of a mask.
 *
 * @param polygon An object from a `Polygonizer`, simplified or not.
 * @param options `mpp`, micrometers per pixel, if known.
 *
 * @example
 * ```ts
 * import { measurePolygon } from "@tilewise/tilewise/masks";
 *
 * const polygon = { rings: [new Int32Array([0, 0, 2, 0, 2, 1, 0, 1])], area: 2, perimeter: 6 };
 * console.log(measurePolygon(polygon, { mpp: { x: 0.5, y: 0.5 } }).perimeterUm); // 3
 * ```
 *
 * @category Polygons
 */
export function measurePolygon(
  polygon: MaskPolygon,
  options: { readonly mpp?: { readonly x: number; readonly y: number } } = {},
): PolygonMeasures {
  const { area, perimeter, probability } = polygon;
  const rings = polygon.traced ?? polygon.rings;
  const { mpp } = options;
  let twice = 0, momentX = 0, momentY = 0;
  // Relative to a corner of the object, so that no precision is lost far from the slide's origin.
  const x0 = rings[0][0], y0 = rings[0][1];
  for (const ring of rings) {
    let ax = ring[ring.length - 2] - x0, ay = ring[ring.length - 1] - y0;
    for (let i = 0; i < ring.length; i += 2) {
      const bx = ring[i] - x0, by = ring[i + 1] - y0;
      const cross = ax * by - bx * ay;
      twice += cross;
      momentX += (ax + bx) * cross;
      momentY += (ay + by) * cross;
      ax = bx;
      ay = by;
    }
  }
  const hull = convexHull(rings[0]);
  const diameter = maxDiameter(hull);
  const isSquare = mpp?.x === mpp?.y;
  const areaUm2 = mpp && area * mpp.x * mpp.y;
  const perimeterUm = mpp &&
    (isSquare ? perimeter * mpp.x : outlineLength(rings, mpp));
  const roundness = 4 * Math.PI * (areaUm2 ?? area) /
    (perimeterUm ?? perimeter) ** 2;
  return {
    areaPx: area,
    perimeterPx: perimeter,
    maxDiameterPx: diameter,
    areaUm2,
    perimeterUm,
    maxDiameterUm: mpp &&
      (isSquare ? diameter * mpp.x : maxDiameter(hull, mpp)),
    circularity: Math.min(1, roundness),
    solidity: area / areaOf(hull),
    probability,
    box: boxAround(hull),
    center: { x: x0 + momentX / (3 * twice), y: y0 + momentY / (3 * twice) },
  };
}

function boxAround(corners: readonly number[]): PolygonMeasures["box"] {
  let left = Infinity, top = Infinity, right = -Infinity, bottom = -Infinity;
  for (let i = 0; i < corners.length; i += 2) {
    const x = corners[i], y = corners[i + 1];
    if (x < left) left = x;
    if (x > right) right = x;
    if (y < top) top = y;
    if (y > bottom) bottom = y;
  }
  return { x: left, y: top, width: right - left, height: bottom - top };
}

function areaOf(corners: readonly number[]): number {
  const [x0, y0] = corners;
  let twice = 0;
  for (let i = 2; i + 3 < corners.length; i += 2) {
    twice += (corners[i] - x0) * (corners[i + 3] - y0) -
      (corners[i + 2] - x0) * (corners[i + 1] - y0);
  }
  return twice / 2;
}
