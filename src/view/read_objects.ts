import { readText } from "../io/read_text.ts";
import type { ViewObject } from "./description.ts";

/** The longest GeoJSON that is read; a page could not show more. */
const MAX_BYTES = 2 ** 28;

/** The parts of GeoJSON, as QuPath and Tilewise write it, that the page shows. */
interface Feature {
  readonly geometry?: {
    readonly type?: string;
    readonly coordinates?: unknown;
  } | null;
  readonly properties?: {
    readonly classification?: {
      readonly name?: unknown;
      /** In place of `name` since QuPath 0.5. */
      readonly names?: unknown;
      readonly color?: unknown;
    };
    readonly measurements?: unknown;
  } | null;
}

/**
 * Reads the polygons of a GeoJSON file: a FeatureCollection, an array of features, or one feature. Other geometries are
 * left out.
 *
 * Source: RFC 7946; QuPath's GeoJSON.
 *
 * @param options `mpp`, micrometers per level-0 pixel, if known, for areas in µm².
 *
 * @throws {SyntaxError} If it is not GeoJSON.
 * @throws {RangeError} If it is larger than 256 MiB.
 */
export async function readObjects(
  path: string,
  { mpp }: { readonly mpp?: { readonly x: number; readonly y: number } } = {},
): Promise<ViewObject[]> {
  const refuse = (reason: string, cause?: unknown) =>
    new SyntaxError(`Cannot read objects as ${reason}: received ${path}`, {
      cause,
    });
  const { size, isFile } = await Deno.stat(path).catch((cause) => {
    throw refuse("the file cannot be opened", cause);
  });
  if (!isFile) throw refuse("GeoJSON comes in a file");
  if (size > MAX_BYTES) {
    throw new RangeError(
      `Cannot read objects as at most ${MAX_BYTES} bytes of GeoJSON are shown: received ${path} of ${size}`,
    );
  }
  let json: unknown;
  try {
    json = JSON.parse(await readText(path, { most: MAX_BYTES }));
  } catch (cause) {
    throw refuse("the file is no JSON", cause);
  }
  const features = Array.isArray(json)
    ? json
    : (json as { features?: unknown } | null)?.features ?? [json];
  const isFeature = (one: { type?: unknown } | null) => one?.type === "Feature";
  if (!Array.isArray(features) || !features.every(isFeature)) {
    throw refuse("the file is no GeoJSON");
  }
  return features.flatMap((feature: Feature) => {
    const rings = ringsOf(feature);
    if (!rings) throw refuse("a polygon's coordinates are numbers in rings");
    return rings.length > 0
      ? [objectOf(feature, rings, mpp && mpp.x * mpp.y)]
      : [];
  });
}

/** Flat rings without their repeated corner; none where the feature is no polygon, undefined where they are damaged. */
function ringsOf({ geometry }: Feature): number[][] | undefined {
  const { type, coordinates } = geometry ?? {};
  if (type !== "Polygon" && type !== "MultiPolygon") return [];
  try {
    const polygons = (type === "Polygon" ? [coordinates] : coordinates) as [
      number,
      number,
    ][][][];
    const rings = polygons.flat().map((ring) =>
      ring.slice(0, -1).flatMap(([x, y]) => [x, y])
    );
    return rings.every((ring) => ring.every(Number.isFinite))
      ? rings.filter(({ length }) => length >= 6)
      : undefined;
  } catch {
    return undefined;
  }
}

function objectOf(
  { properties }: Feature,
  rings: number[][],
  pixel: number | undefined,
): ViewObject {
  const { names, name = names, color } = properties?.classification ?? {};
  const measured = measurementsOf(properties?.measurements);
  const find = (words: RegExp) =>
    measured.find(([name]) => words.test(name))?.[1];
  const micrometers = find(/^area µm(\^2|²)$/i);
  return {
    rings,
    // What was measured, as outlines may be simplified.
    area: find(/^area px(\^2|²)?$/i) ??
      (micrometers && pixel ? micrometers / pixel : areaOf(rings)),
    probability: find(/probability/i),
    name: Array.isArray(name) && name.length > 0
      ? name.join(": ")
      : typeof name === "string"
      ? name
      : undefined,
    color: Array.isArray(color) && color.length === 3 &&
        color.every(Number.isFinite)
      ? color as [number, number, number]
      : undefined,
  };
}

/** QuPath writes an object; its older versions a list of names and values. */
function measurementsOf(measurements: unknown): [string, number][] {
  const entries = Array.isArray(measurements)
    ? measurements.map((one) => [one?.name, one?.value])
    : Object.entries(measurements ?? {});
  return entries.filter((entry): entry is [string, number] =>
    typeof entry[0] === "string" && Number.isFinite(entry[1])
  );
}

/** Signed, since holes run the other way round than what they are in. */
function areaOf(rings: readonly number[][]): number {
  let twice = 0;
  for (const ring of rings) {
    for (let i = 0; i < ring.length; i += 2) {
      const next = (i + 2) % ring.length;
      twice += ring[i] * ring[next + 1] - ring[next] * ring[i + 1];
    }
  }
  return Math.abs(twice / 2);
}
