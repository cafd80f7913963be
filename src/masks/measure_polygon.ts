import type { MaskPolygon } from "./mask_polygon.ts";

/** An object in numbers. */
export interface PolygonMeasures {
  /** Pixels in it. */
  readonly areaPx: number;
  /** Length of its outline, holes included, in pixels. */
  readonly perimeterPx: number;
  /** Area in µm², where the scale is known. */
  readonly areaUm2?: number;
  /** Length of its outline in µm, where the scale is known. */
  readonly perimeterUm?: number;
  /** Mean probability of its pixels in 0..1, where known. */
  readonly probability?: number;
  /** The box around it in level-0 pixels. */
  readonly box: {
    readonly x: number;
    readonly y: number;
    readonly width: number;
    readonly height: number;
  };
  /** Its centre of mass in level-0 pixels. */
  readonly centre: { readonly x: number; readonly y: number };
}

/**
 * Measures an object of a mask.
 *
 * @param polygon The object as a `Polygonizer` gives it.
 * @param options `mpp`, micrometres per pixel, where known.
 *
 * @example
 * ```ts
 * import { measurePolygon } from "@tilewise/tilewise";
 *
 * const polygon = { rings: [new Int32Array([0, 0, 2, 0, 2, 1, 0, 1])], area: 2, perimeter: 6 };
 * console.log(measurePolygon(polygon, { mpp: { x: 0.5, y: 0.5 } }).perimeterUm); // 3
 * ```
 */
export function measurePolygon(
  polygon: MaskPolygon,
  options: { readonly mpp?: { readonly x: number; readonly y: number } } = {},
): PolygonMeasures {
  const { rings, area, perimeter, probability } = polygon;
  const { mpp } = options;
  let left = Infinity, top = Infinity, right = -Infinity, bottom = -Infinity;
  let twice = 0, momentX = 0, momentY = 0, perimeterUm = 0;
  // About a corner of the object, so that far from the slide's origin no digits are lost.
  const [x0, y0] = rings[0];
  for (const ring of rings) {
    for (let i = 0, j = ring.length - 2; i < ring.length; j = i, i += 2) {
      const ax = ring[j] - x0, ay = ring[j + 1] - y0;
      const bx = ring[i] - x0, by = ring[i + 1] - y0;
      const cross = ax * by - bx * ay;
      twice += cross;
      momentX += (ax + bx) * cross;
      momentY += (ay + by) * cross;
      if (mpp) perimeterUm += Math.hypot((bx - ax) * mpp.x, (by - ay) * mpp.y);
      left = Math.min(left, ring[i]);
      right = Math.max(right, ring[i]);
      top = Math.min(top, ring[i + 1]);
      bottom = Math.max(bottom, ring[i + 1]);
    }
  }
  return {
    areaPx: area,
    perimeterPx: perimeter,
    ...(mpp && { areaUm2: area * mpp.x * mpp.y, perimeterUm }),
    ...(probability !== undefined && { probability }),
    box: { x: left, y: top, width: right - left, height: bottom - top },
    centre: { x: x0 + momentX / (3 * twice), y: y0 + momentY / (3 * twice) },
  };
}
