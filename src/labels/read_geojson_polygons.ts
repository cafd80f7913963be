/** The rings of one polygon: x and y in turn, in level-0 pixels; what lies in an even number of rings is outside. */
export type PolygonRings = readonly Float64Array[];

/** A feature that has polygons. */
export interface Annotation {
  /** Its class; those derived from another as QuPath names them, `Tumor: Positive`. Undefined where it has none. */
  readonly name?: string;
  /** Its polygons; one at least. */
  readonly polygons: readonly PolygonRings[];
}

/** Result of {@linkcode readGeoJsonPolygons}. */
export interface GeoJsonPolygons {
  /** The features with polygons, in their order. */
  readonly annotations: readonly Annotation[];
  /** How many others there are, by what they are: "point", "line", "empty annotation", "TMA core". */
  readonly skipped: ReadonlyMap<string, number>;
}

/** Geometries that have no area. */
const FLAT: { readonly [type: string]: string } = {
  Point: "point",
  MultiPoint: "point",
  LineString: "line",
  MultiLineString: "line",
};
const AREAS = ["Polygon", "MultiPolygon", "GeometryCollection"];

/**
 * Reads the polygons of a GeoJSON text as QuPath writes it: a FeatureCollection, a feature, a geometry, or an array of
 * these, in level-0 pixels. What has no area is counted.
 *
 * Source: RFC 7946; QuPath's GeoJSON, of versions 0.2 to 0.6.
 *
 * @throws {SyntaxError} If it is not GeoJSON.
 */
export function readGeoJsonPolygons(text: string): GeoJsonPolygons {
  let root: unknown;
  try {
    root = JSON.parse(text);
  } catch (cause) {
    throw new SyntaxError(
      `Cannot read GeoJSON as it must be JSON: received ${
        (cause as Error).message
      }`,
      { cause },
    );
  }
  const annotations: Annotation[] = [];
  const skipped = new Map<string, number>();
  const skip = (what: string): void =>
    void skipped.set(what, (skipped.get(what) ?? 0) + 1);
  for (const feature of featuresOf(root)) {
    const kind = feature.properties?.objectType;
    if (typeof kind === "string" && /^tma[ _]?core$/i.test(kind)) {
      skip("TMA core");
      continue;
    }
    const polygons: PolygonRings[] = [];
    const others = new Set<string>();
    addGeometry(feature.geometry, polygons, others);
    others.forEach(skip);
    if (polygons.length > 0) {
      annotations.push({ name: classOf(feature), polygons });
    } else if (others.size === 0) skip("empty annotation");
  }
  return { annotations, skipped };
}

/** A class as QuPath writes it, its parts with one space between them. */
export function normalizeClass(name: string): string {
  return name.split(":").map((part) => part.trim()).join(": ");
}

interface Feature {
  readonly geometry?: unknown;
  readonly properties?: {
    readonly objectType?: unknown;
    readonly classification?:
      | {
        readonly name?: unknown;
        readonly names?: unknown;
      }
      | string
      | null;
  } | null;
}

function featuresOf(root: unknown): readonly Feature[] {
  const list = Array.isArray(root) ? root : [root];
  return list.flatMap((value): readonly Feature[] => {
    if (value?.type === "FeatureCollection" && Array.isArray(value.features)) {
      return featuresOf(value.features);
    }
    if (value?.type === "Feature") return [value];
    if (AREAS.includes(value?.type) || Object.hasOwn(FLAT, value?.type)) {
      return [{ geometry: value }];
    }
    throw new SyntaxError(
      `Cannot read GeoJSON as a FeatureCollection or features are needed: received ${
        JSON.stringify(value)?.slice(0, 60)
      }`,
    );
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

function addGeometry(
  geometry: unknown,
  polygons: PolygonRings[],
  others: Set<string>,
): void {
  if (geometry === null || geometry === undefined) return; // a feature without a place
  const { type, coordinates, geometries } = geometry as {
    type?: unknown;
    coordinates?: unknown;
    geometries?: unknown;
  };
  const add = (coordinates: unknown): void => {
    const rings = ringsOf(coordinates).filter(({ length }) => length > 0);
    if (rings.length > 0) polygons.push(rings);
  };
  if (type === "Polygon") add(coordinates);
  else if (type === "MultiPolygon" && Array.isArray(coordinates)) {
    coordinates.forEach(add);
  } else if (type === "GeometryCollection" && Array.isArray(geometries)) {
    for (const one of geometries) addGeometry(one, polygons, others);
  } else if (typeof type === "string" && Object.hasOwn(FLAT, type)) {
    others.add(FLAT[type]);
  } else {
    throw new TypeError(
      `Cannot read GeoJSON as its geometries are points, lines and polygons: received ${
        JSON.stringify(type)
      }`,
    );
  }
}

function ringsOf(coordinates: unknown): PolygonRings {
  if (!Array.isArray(coordinates)) throw malformed(coordinates);
  return coordinates.map((ring) => {
    if (!Array.isArray(ring)) throw malformed(ring);
    const points = new Float64Array(ring.length * 2);
    ring.forEach((point, i) => {
      if (!Number.isFinite(point?.[0]) || !Number.isFinite(point?.[1])) {
        throw malformed(point);
      }
      points.set([point[0], point[1]], i * 2);
    });
    return points;
  });
}

function malformed(value: unknown): SyntaxError {
  return new SyntaxError(
    `Cannot read GeoJSON as polygons must be rings of points: received ${
      JSON.stringify(value)?.slice(0, 60)
    }`,
  );
}
