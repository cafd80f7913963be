import type { MaskPolygon } from "./mask_polygon.ts";
import { measurePolygon, type PolygonMeasures } from "./measure_polygon.ts";

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
  /** What `measurePolygon()` says of the object, where it is known already. */
  readonly measures?: PolygonMeasures;
}

/** The class of objects without it. */
export const usualClass = {
  name: "glomerulus",
  color: [0, 200, 83],
} as const;

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
 * // { "area px": 1, "perimeter px": 4, "area µm²": 0.25, "perimeter µm": 2 }
 * ```
 */
export function polygonFeature(
  polygon: MaskPolygon,
  options: PolygonFeatureOptions,
): PolygonFeature {
  const {
    index,
    mpp,
    classification = usualClass,
    measures = measurePolygon(polygon, { mpp }),
  } = options;
  const { rings } = polygon;
  const { areaUm2, perimeterUm, probability } = measures;
  const measurements: Record<string, number> = {
    "area px": measures.areaPx,
    "perimeter px": measures.perimeterPx,
    ...(areaUm2 !== undefined && { "area µm²": areaUm2 }),
    ...(perimeterUm !== undefined && { "perimeter µm": perimeterUm }),
    ...(probability !== undefined && { "mean probability": probability }),
  };
  return {
    type: "Feature",
    id: objectId(measures, index),
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

/**
 * `polygonFeature()` as the text that `JSON.stringify()` would make of it, several times as fast: a slide may have a
 * million objects.
 *
 * @param options Its number, its measures, and its classification as JSON.
 */
export function featureText(
  polygon: MaskPolygon,
  options: {
    readonly index: number;
    readonly measures: PolygonMeasures;
    readonly classification: string;
  },
): string {
  const { index, measures, classification } = options;
  const { areaPx, perimeterPx, areaUm2, perimeterUm, probability } = measures;
  let rings = "";
  for (const ring of polygon.rings) {
    let text = rings === "" ? "[" : ",[";
    for (let i = 0; i < ring.length; i += 2) {
      text += `[${ring[i]},${ring[i + 1]}],`;
    }
    rings += `${text}[${ring[0]},${ring[1]}]]`;
  }
  let numbers = `"area px":${areaPx},"perimeter px":${perimeterPx}`;
  if (areaUm2 !== undefined) numbers += `,"area µm²":${areaUm2}`;
  if (perimeterUm !== undefined) numbers += `,"perimeter µm":${perimeterUm}`;
  if (probability !== undefined) {
    numbers += `,"mean probability":${probability}`;
  }
  return `{"type":"Feature","id":"${objectId(measures, index)}",` +
    `"geometry":{"type":"Polygon","coordinates":[${rings}]},` +
    `"properties":{"objectType":"annotation","classification":${classification},` +
    `"measurements":{${numbers}}}}`;
}

/** A version-8 UUID of an object's place and number, so that the same mask gives the same file. */
export function objectId({ box }: PolygonMeasures, index: number): string {
  const hex = (value: number, digits: number): string =>
    value.toString(16).padStart(digits, "0").slice(-digits);
  const row = hex(box.y, 8);
  return `${hex(box.x, 8)}-${row.slice(0, 4)}-8${row.slice(4, 7)}-8${
    row.slice(7)
  }00-${hex(index, 12)}`;
}
