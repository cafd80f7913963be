import { convexHull, maxDiameter } from "./convex_hull.ts";
import type { MaskPolygon } from "./mask_polygon.ts";
import { outlineLength } from "./outline.ts";

/** Measurements of an object. They are of its pixels, even if its outline was simplified. */
export interface PolygonMeasures {
  /** Pixels in it. */
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
  readonly centre: { readonly x: number; readonly y: number };
}

/**
 * Measures an object of a mask.
 *
 * @param polygon The object as a `Polygonizer` gives it, or `simplifyPolygon()` of it, which changes none of its measures.
 * @param options `mpp`, micrometers per pixel, if known.
 *
 * @example
 * ```ts
 * import { measurePolygon } from "@tilewise/tilewise/masks";
 *
 * const polygon = { rings: [new Int32Array([0, 0, 2, 0, 2, 1, 0, 1])], area: 2, perimeter: 6 };
 * console.log(measurePolygon(polygon, { mpp: { x: 0.5, y: 0.5 } }).perimeterUm); // 3
 * ```
 */
export function measurePolygon(
  polygon: MaskPolygon,
  options: { readonly mpp?: { readonly x: number; readonly y: number } } = {},
): PolygonMeasures {
  const { area, perimeter, probability } = polygon;
  const rings = polygon.traced ?? polygon.rings;
  const { mpp } = options;
  let twice = 0, momentX = 0, momentY = 0;
  // Relative to a corner of the object, so that no digits are lost far from the slide's origin.
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
    centre: { x: x0 + momentX / (3 * twice), y: y0 + momentY / (3 * twice) },
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
