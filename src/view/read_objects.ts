import { cannot, reasonOf } from "../errors/cannot.ts";
import { MAX_VIEW_BYTES } from "../io/limits.ts";
import { readText } from "../io/read_text.ts";
import type { ViewObject } from "./description.ts";

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
 * @param options `mpp`, micrometers per level-0 pixel, if known, for areas in µm²; `most`, the most bytes.
 *
 * @throws {SyntaxError} If it is not GeoJSON.
 * @throws {RangeError} If it is larger than 256 MiB.
 */
export async function readObjects(
  path: string,
  { mpp, most = MAX_VIEW_BYTES }: {
    readonly mpp?: { readonly x: number; readonly y: number };
    readonly most?: number;
  } = {},
): Promise<ViewObject[]> {
  const action = `read objects "${path}"`;
  const refuse = (reason: string, cause?: unknown) =>
    cannot(action, reason, { cause, kind: SyntaxError });
  const { size, isFile } = await Deno.stat(path).catch((cause) => {
    throw refuse(reasonOf(cause), cause);
  });
  if (!isFile) throw refuse("not a file");
  if (size > most) {
    throw cannot(
      action,
      `at most ${most} bytes of GeoJSON can be shown`,
      {
        received: size,
        kind: RangeError,
      },
    );
  }
  let json: unknown;
  try {
    json = JSON.parse(await readText(path, { most }));
  } catch (cause) {
    throw refuse("not JSON", cause);
  }
  const features = Array.isArray(json)
    ? json
    : (json as { features?: unknown } | null)?.features ?? [json];
  const isFeature = (one: { type?: unknown } | null) => one?.type === "Feature";
  if (!Array.isArray(features) || !features.every(isFeature)) {
    throw refuse("not GeoJSON");
  }
  return features.flatMap((feature: Feature) => {
    const rings = ringsOf(feature);
    if (!rings) {
      throw refuse("coordinates of polygons must be rings of numbers");
    }
    return rings.length > 0
      ? [objectOf(feature, rings, mpp && mpp.x * mpp.y)]
      : [];
  });
}

/** Flat rings without the repeated corner; none if the feature is not a polygon, `undefined` if they are invalid. */
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
    // The measured area, as outlines may be simplified.
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
    measurements: measured.length > 0
      ? Object.fromEntries(measured)
      : undefined,
  };
}

/** QuPath writes an object; older versions write an array of names and values. */
function measurementsOf(measurements: unknown): [string, number][] {
  const entries = Array.isArray(measurements)
    ? measurements.map((one) => [one?.name, one?.value])
    : Object.entries(measurements ?? {});
  return entries.filter((entry): entry is [string, number] =>
    typeof entry[0] === "string" && Number.isFinite(entry[1])
  );
}

/** Signed, since holes have the opposite orientation. */
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
