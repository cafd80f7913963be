import {
  type CorrectionState,
  KEYS,
  stateOf,
} from "../corrections/correction.ts";
import { parseJson } from "../corrections/raw_json.ts";
import { cannot, reasonOf } from "../errors/cannot.ts";
import { MAX_GEOJSON_POINTS, MAX_GEOJSON_RINGS } from "../io/limits.ts";
import { GeoJsonSplitter } from "./geojson_splitter.ts";

/** The rings of one polygon: x, y, x, y, … in level-0 pixels. A point inside an even number of rings is outside. */
export type PolygonRings = readonly Float64Array[];

/** A feature that has polygons. */
export interface Annotation {
  /** Its class, derived classes in QuPath's form `Tumor: Positive`, if it has one. */
  readonly name?: string;
  /** The color of its class, such as `#e69f00`, if it is known. */
  readonly color?: string;
  /** At least one. */
  readonly polygons: readonly PolygonRings[];
  /** What a person decided about it, if it is of corrections. */
  readonly state?: CorrectionState;
  /** Of a rejected one, the class that it had. */
  readonly formerName?: string;
}

/** Result of {@linkcode readGeoJsonPolygons}. */
export interface GeoJsonPolygons {
  /** The features with polygons, in order. */
  readonly annotations: readonly Annotation[];
  /** Counts of other features: "point", "line", "empty annotation", "TMA core". */
  readonly skipped: ReadonlyMap<string, number>;
  /** The member `tilewise` of the collection, if it has one: corrections say there of which slide they are. */
  readonly member?: unknown;
}

/** Geometries without area. */
const FLAT: { readonly [type: string]: string } = {
  Point: "point",
  MultiPoint: "point",
  LineString: "line",
  MultiLineString: "line",
};
const AREAS = ["Polygon", "MultiPolygon", "GeometryCollection"];

/**
 * Reads the polygons of GeoJSON as QuPath writes it: a FeatureCollection, a feature, a geometry, or an array of these, in
 * level-0 pixels. Points and lines are only counted.
 *
 * Source: RFC 7946; QuPath's GeoJSON, of versions 0.2 to 0.6.
 *
 * @param pieces The text in pieces, which is parsed feature by feature.
 * @throws {SyntaxError} If it is not GeoJSON.
 * @throws {TypeError} If a geometry is of an unknown type.
 * @throws {RangeError} If it exceeds a limit of `io/limits.ts`.
 */
export async function readGeoJsonPolygons(
  pieces: readonly string[] | AsyncIterable<string>,
): Promise<GeoJsonPolygons> {
  const splitter = new GeoJsonSplitter();
  const found = new Found();
  for await (const piece of pieces) {
    for (const text of splitter.take(piece)) found.add(parse(text));
  }
  const { document, hasArray } = splitter.end();
  const root = parse(document);
  if (!hasArray) found.add(root);
  else if (!Array.isArray(root) && !isCollection(root)) throw noFeatures(root);
  found.member = (root as { tilewise?: unknown } | null)?.tilewise;
  return found;
}

function parse(text: string): unknown {
  try {
    return parseJson(text);
  } catch (cause) {
    throw cannot(ACTION, `it is not JSON (${reasonOf(cause)})`, { cause });
  }
}

const ACTION = "read GeoJSON";

class Found implements GeoJsonPolygons {
  readonly annotations: Annotation[] = [];
  readonly skipped = new Map<string, number>();
  member: unknown;
  #points = 0;
  #rings = 0;

  /** Adds the features of a feature, a collection or a geometry. */
  add(value: unknown): void {
    for (const feature of featuresOf(value)) this.#addFeature(feature);
  }

  #addFeature(feature: Feature): void {
    const kind = feature.properties?.objectType;
    if (typeof kind === "string" && /^tma[ _]?core$/i.test(kind)) {
      return this.#skip("TMA core");
    }
    const polygons: PolygonRings[] = [];
    const others = new Set<string>();
    this.#addGeometry(feature.geometry, polygons, others);
    for (const what of others) this.#skip(what);
    if (polygons.length > 0) {
      const color = colorOf(feature);
      this.annotations.push({
        name: classOf(feature),
        ...(color !== undefined && { color }),
        polygons,
        ...decisionOf(feature),
      });
    } else if (others.size === 0) this.#skip("empty annotation");
  }

  #skip(what: string): void {
    this.skipped.set(what, (this.skipped.get(what) ?? 0) + 1);
  }

  #addGeometry(
    geometry: unknown,
    polygons: PolygonRings[],
    others: Set<string>,
  ): void {
    if (geometry === null || geometry === undefined) return; // a feature without a location
    const { type, coordinates, geometries } = geometry as {
      type?: unknown;
      coordinates?: unknown;
      geometries?: unknown;
    };
    const add = (coordinates: unknown): void => {
      const rings = this.#ringsOf(coordinates);
      if (rings.length > 0) polygons.push(rings);
    };
    if (type === "Polygon") add(coordinates);
    else if (type === "MultiPolygon" && Array.isArray(coordinates)) {
      coordinates.forEach(add);
    } else if (type === "GeometryCollection" && Array.isArray(geometries)) {
      for (const one of geometries) this.#addGeometry(one, polygons, others);
    } else if (typeof type === "string" && Object.hasOwn(FLAT, type)) {
      others.add(FLAT[type]);
    } else {
      throw cannot(ACTION, "geometries must be points, lines or polygons", {
        received: type,
        kind: TypeError,
      });
    }
  }

  #ringsOf(coordinates: unknown): PolygonRings {
    if (!Array.isArray(coordinates)) throw malformed(coordinates);
    const rings: Float64Array[] = [];
    for (const ring of coordinates) {
      if (!Array.isArray(ring)) throw malformed(ring);
      if (ring.length === 0) continue;
      this.#count(ring.length);
      const points = new Float64Array(ring.length * 2);
      ring.forEach((point, i) => {
        if (!Number.isFinite(point?.[0]) || !Number.isFinite(point?.[1])) {
          throw malformed(point);
        }
        points.set([point[0], point[1]], i * 2);
      });
      rings.push(points);
    }
    return rings;
  }

  /** Counts a ring, before it takes memory. */
  #count(points: number): void {
    this.#points += points;
    const limit = ++this.#rings > MAX_GEOJSON_RINGS
      ? `${MAX_GEOJSON_RINGS} rings`
      : this.#points > MAX_GEOJSON_POINTS
      ? `${MAX_GEOJSON_POINTS} points`
      : undefined;
    if (limit === undefined) return;
    throw cannot(
      ACTION,
      `its polygons have more than ${limit}; use a mask as TIFF, or simplify the outlines`,
      { kind: RangeError },
    );
  }
}

/** A class in QuPath's form, with one space between its parts. */
export function normalizeClass(name: string): string {
  return name.split(":").map((part) => part.trim()).join(": ");
}

interface Feature {
  readonly geometry?: unknown;
  readonly properties?: {
    readonly objectType?: unknown;
    readonly classification?: Classification;
    readonly metadata?: Readonly<Record<string, unknown>> | null;
  } | null;
}

type Classification =
  | {
    readonly name?: unknown;
    readonly names?: unknown;
    readonly color?: unknown;
    readonly colorRGB?: unknown;
  }
  | string
  | null;

function featuresOf(root: unknown): readonly Feature[] {
  const list = Array.isArray(root) ? root : [root];
  return list.flatMap((value): readonly Feature[] => {
    if (isCollection(value)) return featuresOf(value.features);
    if (value?.type === "Feature") return [value];
    if (AREAS.includes(value?.type) || Object.hasOwn(FLAT, value?.type)) {
      return [{ geometry: value }];
    }
    throw noFeatures(value);
  });
}

function classOf({ properties }: Feature): string | undefined {
  const given = properties?.classification;
  if (typeof given === "string") return normalizeClass(given) || undefined;
  const { name, names } = given ?? {};
  const parts = Array.isArray(names) && names.length > 0 ? names : [name];
  if (!parts.every((part) => typeof part === "string")) return undefined;
  return normalizeClass(parts.join(": ")) || undefined;
}

/**
 * What a person decided about an object.
 *
 * @throws {SyntaxError} If its state is unknown: another version may know more of them.
 */
function decisionOf(
  feature: Feature,
): Pick<Annotation, "state" | "formerName"> {
  const state = stateOf(feature);
  if (state !== "rejected") return state === undefined ? {} : { state };
  const former = feature.properties?.metadata?.[KEYS.class];
  if (typeof former !== "string") return { state };
  const classification = parse(former) as Classification;
  return { state, formerName: classOf({ properties: { classification } }) };
}

/** The color of a class: three bytes, or in QuPath before 0.3 an integer of four. */
function colorOf({ properties }: Feature): string | undefined {
  const given = properties?.classification;
  if (typeof given !== "object" || given === null) return undefined;
  const { color, colorRGB } = given;
  const isByte = (value: unknown) =>
    Number.isInteger(value) && value as number >= 0 && value as number < 256;
  const value =
    Array.isArray(color) && color.length === 3 && color.every(isByte)
      ? color.reduce((sum, byte) => sum * 256 + byte, 0)
      : Number.isInteger(colorRGB)
      ? (colorRGB as number) & 0xffffff
      : undefined;
  return value === undefined
    ? undefined
    : `#${value.toString(16).padStart(6, "0")}`;
}

function isCollection(value: unknown): value is { features: unknown[] } {
  const { type, features } = (value ?? {}) as {
    type?: unknown;
    features?: unknown;
  };
  return type === "FeatureCollection" && Array.isArray(features);
}

function noFeatures(value: unknown): Error {
  return refuse("a FeatureCollection or features are needed", value);
}

function malformed(value: unknown): Error {
  return refuse("polygons must be rings of points", value);
}

/** With the beginning of the value, as JSON. */
function refuse(reason: string, value: unknown): Error {
  const text = JSON.stringify(value)?.slice(0, 60);
  return cannot(ACTION, `${reason}, received ${text}`, { kind: SyntaxError });
}
