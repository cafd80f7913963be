import type { MaskPolygon } from "./mask_polygon.ts";

/** How {@linkcode polygonFeature} describes an object. */
export interface PolygonFeatureOptions {
  /** The object's number on its slide, from 0; its id is made of it. */
  readonly index: number;
  /** Micrometres per pixel, where known. */
  readonly mpp?: { readonly x: number; readonly y: number };
  /** Name and colour (0 to 255) of the object's class; a green "glomerulus" without it. */
  readonly classification?: {
    readonly name: string;
    readonly color: readonly [red: number, green: number, blue: number];
  };
}

/** A GeoJSON feature that QuPath reads as an annotation. */
export interface PolygonFeature {
  /** GeoJSON's type. */
  readonly type: "Feature";
  /** A UUID, the same in every run. */
  readonly id: string;
  /** The outer ring and the holes, closed, in level-0 pixels. */
  readonly geometry: {
    readonly type: "Polygon";
    readonly coordinates: number[][][];
  };
  /** What QuPath shows. */
  readonly properties: {
    /** QuPath's kind of object. */
    readonly objectType: "annotation";
    /** Name and colour of its class. */
    readonly classification: {
      readonly name: string;
      readonly color: readonly [red: number, green: number, blue: number];
    };
    /** Numbers by name, unit in the name. */
    readonly measurements: Readonly<Record<string, number>>;
  };
}

/**
 * Describes an object of a mask as a GeoJSON feature, as QuPath (0.4 and later) imports annotations.
 *
 * Source: RFC 7946; QuPath's GeoJSON.
 *
 * @example
 * ```ts
 * import { polygonFeature } from "@tilewise/tilewise";
 *
 * const polygon = { rings: [new Int32Array([0, 0, 1, 0, 1, 1, 0, 1])], area: 1, perimeter: 4 };
 * console.log(polygonFeature(polygon, { index: 0, mpp: { x: 0.5, y: 0.5 } }).properties.measurements);
 * // { "area px": 1, "perimeter px": 4, "area µm²": 0.25 }
 * ```
 */
export function polygonFeature(
  polygon: MaskPolygon,
  options: PolygonFeatureOptions,
): PolygonFeature {
  const {
    index,
    mpp,
    classification = { name: "glomerulus", color: [0, 200, 83] as const },
  } = options;
  const { rings, area, perimeter } = polygon;
  const measurements: Record<string, number> = {
    "area px": area,
    "perimeter px": perimeter,
  };
  if (mpp) measurements["area µm²"] = area * mpp.x * mpp.y;
  return {
    type: "Feature",
    id: uuidOf(rings[0][0], rings[0][1], index),
    geometry: { type: "Polygon", coordinates: rings.map(closedRing) },
    properties: { objectType: "annotation", classification, measurements },
  };
}

function closedRing(ring: Int32Array): number[][] {
  const corners: number[][] = [];
  for (let i = 0; i < ring.length; i += 2) corners.push([ring[i], ring[i + 1]]);
  corners.push([ring[0], ring[1]]);
  return corners;
}

/** A version-8 UUID of a corner and a number, so that the same mask gives the same file. */
function uuidOf(x: number, y: number, index: number): string {
  const hex = (value: number, digits: number): string =>
    value.toString(16).padStart(digits, "0").slice(-digits);
  const row = hex(y, 8);
  return `${hex(x, 8)}-${row.slice(0, 4)}-8${row.slice(4, 7)}-8${
    row.slice(7)
  }00-${hex(index, 12)}`;
}
