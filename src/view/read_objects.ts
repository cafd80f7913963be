import { cannot, reasonOf } from "../errors/cannot.ts";
import { MAX_VIEW_BYTES } from "../io/limits.ts";
import { readText } from "../io/read_text.ts";
import { ringsOf } from "../corrections/feature_rings.ts";
import { parseJson } from "../corrections/raw_json.ts";
import type { ViewObject } from "./description.ts";
import { type ObjectFeature, objectOf } from "./object_of.ts";

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
    json = parseJson(await readText(path, { most }));
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
  const ids = new Set<unknown>();
  return features.flatMap((feature: ObjectFeature) => {
    const isOwn = typeof feature.id === "string" && !ids.has(feature.id);
    const id = isOwn ? feature.id as string : undefined;
    ids.add(id);
    const rings = ringsOf(feature);
    if (!rings) {
      throw refuse("coordinates of polygons must be rings of numbers");
    }
    return rings.length > 0 ? [objectOf(feature, { id, rings, mpp })] : [];
  });
}
