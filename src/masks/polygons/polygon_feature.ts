import { measurePolygon, type PolygonMeasures } from "./measure_polygon.ts";
import type { MaskPolygon } from "./outline.ts";

/**
 * QuPath's object type: annotations can be edited; detections are faster, for large numbers.
 *
 * @category Polygons
 */
export type ObjectType = "annotation" | "detection";

/**
 * Options for {@linkcode polygonFeature}.
 *
 * @category Polygons
 */
export interface PolygonFeatureOptions {
  /** The object's number on its slide, from 0; part of its id. */
  readonly index: number;
  /** Micrometers per pixel, if known. */
  readonly mpp?: { readonly x: number; readonly y: number };
  /** Name and color (0 to 255) of the object's class. Default: a green "glomerulus". */
  readonly classification?: {
    readonly name: string;
    readonly color: readonly [red: number, green: number, blue: number];
  };
  /** QuPath's type of the object. Default: "annotation". */
  readonly objectType?: ObjectType;
  /** The result of `measurePolygon()`, if known. */
  readonly measures?: PolygonMeasures;
}

/** The default class of objects. */
export const usualClass = {
  name: "glomerulus",
  color: [0, 200, 83],
} as const;

/**
 * A GeoJSON feature that QuPath reads as an annotation or a detection.
 *
 * @category Polygons
 */
export interface PolygonFeature {
  /** GeoJSON's type. */
  readonly type: "Feature";
  /** A UUID that is the same in every run. */
  readonly id: string;
  /** The outer ring and the holes, closed, in level-0 pixels. */
  readonly geometry: {
    readonly type: "Polygon";
    readonly coordinates: number[][][];
  };
  /** QuPath's properties. */
  readonly properties: {
    readonly objectType: ObjectType;
    readonly classification: {
      readonly name: string;
      readonly color: readonly [red: number, green: number, blue: number];
    };
    /**
     * Numbers under QuPath's names, with their unit: `Area µm^2`, `Perimeter µm`, `Circularity`, `Solidity` and `Max diameter
     * µm`, or `Area px^2`, `Perimeter px` and `Max diameter px` if the scale is unknown; `mean probability` if known.
     */
    readonly measurements: Readonly<Record<string, number>>;
  };
}

/**
 * Describes an object of a mask as a GeoJSON feature, as QuPath (0.4 and later) imports it.
 *
 * Source: RFC 7946; QuPath's GeoJSON.
 *
 * @example
 * ```ts
 * import { polygonFeature } from "@tilewise/tilewise/masks";
 *
 * const polygon = { rings: [new Int32Array([0, 0, 1, 0, 1, 1, 0, 1])], area: 1, perimeter: 4 };
 * console.log(polygonFeature(polygon, { index: 0, mpp: { x: 0.5, y: 0.5 } }).properties.measurements);
 * // { "Area µm^2": 0.25, "Perimeter µm": 2, Circularity: 0.785…, Solidity: 1, "Max diameter µm": 0.707… }
 * ```
 *
 * @category Polygons
 */
export function polygonFeature(
  polygon: MaskPolygon,
  options: PolygonFeatureOptions,
): PolygonFeature {
  const {
    index,
    mpp,
    classification = usualClass,
    objectType = "annotation",
    measures = measurePolygon(polygon, { mpp }),
  } = options;
  return {
    type: "Feature",
    id: objectId(measures, index),
    geometry: {
      type: "Polygon",
      coordinates: polygon.rings.map(closedRing),
    },
    properties: {
      objectType,
      classification,
      measurements: measurementsOf(measures),
    },
  };
}

function closedRing(ring: Int32Array): number[][] {
  const corners: number[][] = [];
  for (let i = 0; i < ring.length; i += 2) corners.push([ring[i], ring[i + 1]]);
  corners.push([ring[0], ring[1]]);
  return corners;
}

/**
 * The JSON text of `polygonFeature()`, several times faster than `JSON.stringify()`, as a slide may have a million objects.
 *
 * @param options `classification` is JSON.
 */
export function featureText(
  polygon: MaskPolygon,
  options: {
    readonly id: string;
    readonly measures: PolygonMeasures;
    readonly objectType: ObjectType;
    readonly classification: string;
    /** The object's own name. Default: none. */
    readonly name?: string;
    /** Measurements besides those of the polygon. Default: none. */
    readonly more?: Readonly<Record<string, number>>;
  },
): string {
  const { id, measures, objectType, classification, name, more } = options;
  const measurements = { ...measurementsOf(measures), ...more };
  let rings = "";
  for (const ring of polygon.rings) {
    let text = rings === "" ? "[" : ",[";
    for (let i = 0; i < ring.length; i += 2) {
      text += `[${ring[i]},${ring[i + 1]}],`;
    }
    rings += `${text}[${ring[0]},${ring[1]}]]`;
  }
  return `{"type":"Feature","id":"${id}",` +
    `"geometry":{"type":"Polygon","coordinates":[${rings}]},` +
    `"properties":{"objectType":"${objectType}","classification":${classification},` +
    (name === undefined ? "" : `"name":${JSON.stringify(name)},`) +
    `"measurements":${JSON.stringify(measurements)}}}`;
}

/** A version-8 UUID from an object's position and number, so that the same mask gives the same file. */
export function objectId({ box }: PolygonMeasures, index: number): string {
  const hex = (value: number, digits: number): string =>
    value.toString(16).padStart(digits, "0").slice(-digits);
  const row = hex(box.y, 8);
  return `${hex(box.x, 8)}-${row.slice(0, 4)}-8${row.slice(4, 7)}-8${
    row.slice(7)
  }00-${hex(index, 12)}`;
}

/**
 * An object's measurements with QuPath's names and units, so that QuPath's scripts find them: in µm if the scale is
 * known, else in pixels.
 *
 * Source: QuPath's `ObjectMeasurements.addShapeMeasurements()` and its tables of annotations.
 */
export function measurementsOf(
  measures: PolygonMeasures,
): Record<string, number> {
  const { areaUm2, perimeterUm, maxDiameterUm, probability } = measures;
  const { circularity, solidity } = measures;
  const measurements: Record<string, number> = areaUm2 === undefined
    ? {
      "Area px^2": measures.areaPx,
      "Perimeter px": measures.perimeterPx,
      "Circularity": circularity,
      "Solidity": solidity,
      "Max diameter px": measures.maxDiameterPx,
    }
    : {
      "Area µm^2": areaUm2,
      "Perimeter µm": perimeterUm!,
      "Circularity": circularity,
      "Solidity": solidity,
      "Max diameter µm": maxDiameterUm!,
    };
  if (probability !== undefined) measurements["mean probability"] = probability;
  return measurements;
}
