/** The rings of one polygon: x and y in turn, in level-0 pixels; what lies in an even number of rings is outside. */
export type PolygonRings = readonly Float64Array[];

/** Which features {@linkcode readGeoJsonPolygons} reads. */
export interface ReadGeoJsonPolygonsOptions {
  /** Only features whose `properties.classification.name` is this; all without it. */
  readonly classification?: string;
  /** Gets the names of all classifications in the text. */
  readonly classes?: Set<string>;
}

/**
 * Reads the polygons of a GeoJSON text as QuPath writes it: a FeatureCollection, a feature, or an array of features, whose
 * geometries are polygons or multipolygons in level-0 pixels.
 *
 * @throws {SyntaxError} If it is no such text.
 * @throws {TypeError} If a geometry is of another kind, as a point.
 */
export function readGeoJsonPolygons(
  text: string,
  { classification, classes }: ReadGeoJsonPolygonsOptions = {},
): PolygonRings[] {
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
  const polygons: PolygonRings[] = [];
  for (const feature of featuresOf(root)) {
    const name = nameOf(feature);
    if (typeof name === "string") classes?.add(name);
    if (classification !== undefined && name !== classification) continue;
    addGeometry(feature.geometry, polygons);
  }
  return polygons;
}

interface Feature {
  readonly geometry?: unknown;
  readonly properties?: {
    readonly classification?: { readonly name?: unknown };
  };
}

function featuresOf(root: unknown): readonly Feature[] {
  const value = root as { type?: unknown; features?: unknown } | null;
  const list = Array.isArray(root)
    ? root
    : value?.type === "FeatureCollection"
    ? value.features
    : value?.type === "Feature"
    ? [value]
    : undefined;
  if (
    !Array.isArray(list) ||
    list.some((one) => typeof one !== "object" || one === null)
  ) {
    throw new SyntaxError(
      `Cannot read GeoJSON as a FeatureCollection or features are needed: received ${
        JSON.stringify(root)?.slice(0, 60)
      }`,
    );
  }
  return list;
}

function nameOf({ properties }: Feature): unknown {
  return properties?.classification?.name;
}

function addGeometry(geometry: unknown, polygons: PolygonRings[]): void {
  if (geometry === null) return; // GeoJSON's feature without a place
  const { type, coordinates, geometries } = geometry as {
    type?: unknown;
    coordinates?: unknown;
    geometries?: unknown;
  };
  if (type === "Polygon") polygons.push(ringsOf(coordinates));
  else if (type === "MultiPolygon" && Array.isArray(coordinates)) {
    for (const one of coordinates) polygons.push(ringsOf(one));
  } else if (type === "GeometryCollection" && Array.isArray(geometries)) {
    for (const one of geometries) addGeometry(one, polygons);
  } else {
    throw new TypeError(
      `Cannot read GeoJSON as annotations must be polygons: received ${
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
