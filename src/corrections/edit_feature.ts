import {
  type CorrectedFeature,
  type CorrectionState,
  ignoredClass,
  KEYS,
  stateOf,
} from "./correction.ts";
import { measureRings } from "./feature_rings.ts";
import type { AreaGeometry } from "./polygons.ts";
import { membersOf, objectText, parseJson } from "./raw_json.ts";

/** What becomes of a feature. */
export interface FeatureEdit {
  /** `null`: nobody has decided. */
  readonly state: CorrectionState | null;
  /** Who decided, when, and which run found the object, where that is known of a prediction. Without a state, none of it is kept. */
  readonly decision: Decision;
  /** The JSON of its class, also if it is rejected; `null`: none. */
  readonly classification: string | null;
  /** Its outline. Default: as it was. */
  readonly outline?: {
    readonly geometry: AreaGeometry;
    readonly rings: readonly (readonly number[])[];
    /** Micrometers per pixel, if known. */
    readonly mpp?: { readonly x: number; readonly y: number };
  };
}

/** Who decided, when, and which run found the object. */
export interface Decision {
  /** A name. */
  readonly by?: string;
  /** ISO 8601, UTC. */
  readonly at: string;
  /** The model that found it. */
  readonly model?: string;
  /** The threshold at which it was found. */
  readonly threshold?: string;
}

/** Measurements of a shape, under the names that Tilewise and QuPath give them: those of a former outline are wrong. */
const SHAPE =
  /^(?:(?:Area|Perimeter|Length|(?:Max|Min) diameter) (?:px|µm)(?:\^2|²)?|Circularity|Solidity)$/;

/**
 * Changes a feature of GeoJSON; what is not changed stays as it is written.
 *
 * @throws {SyntaxError} If it is not JSON.
 */
export function editFeature(
  text: string,
  { state, decision, classification, outline }: FeatureEdit,
): string {
  const feature = membersOf(text);
  const properties = objectAt(feature, "properties");
  const metadata = objectAt(properties, "metadata");
  const { by, at, model, threshold } = decision;
  const entries: [string, string | undefined][] = [
    [KEYS.state, state ?? undefined],
    [KEYS.by, by],
    [KEYS.at, at],
    // Of the run that found it, which may have been another one.
    [KEYS.model, valueAt(metadata, KEYS.model) ?? model],
    [KEYS.threshold, valueAt(metadata, KEYS.threshold) ?? threshold],
    [
      KEYS.class,
      state === "rejected" ? classification ?? undefined : undefined,
    ],
  ];
  for (const [key, value] of entries) {
    if (state === null || value === undefined) metadata.delete(key);
    else metadata.set(key, JSON.stringify(value));
  }
  if (state === "rejected") {
    properties.set("classification", JSON.stringify(ignoredClass));
  } else if (classification === null) properties.delete("classification");
  else properties.set("classification", classification);
  if (metadata.size > 0) properties.set("metadata", objectText(metadata));
  else properties.delete("metadata");
  if (outline) {
    const { geometry, rings, mpp } = outline;
    const place = objectAt(feature, "geometry");
    place.set("type", JSON.stringify(geometry.type));
    place.set("coordinates", JSON.stringify(geometry.coordinates));
    // Those of the former outline; its plane stays.
    for (const key of ["isEllipse", "bbox"]) place.delete(key);
    feature.delete("bbox");
    feature.set("geometry", objectText(place));
    const measured = measurementsOf(properties.get("measurements"), {
      rings,
      mpp,
    });
    properties.set("measurements", measured);
  }
  feature.set("properties", objectText(properties));
  return objectText(feature);
}

/**
 * The class that an object has, or had before it was rejected, as it is written; `null`: none.
 *
 * @param text JSON of a feature.
 */
export function formerClass(text: string): string | null {
  const properties = objectAt(membersOf(text), "properties");
  const found = stateOf(parseJson(text) as CorrectedFeature) === "rejected"
    ? valueAt(objectAt(properties, "metadata"), KEYS.class)
    : properties.get("classification");
  return found === undefined || found === "null" ? null : found;
}

function valueAt(
  metadata: ReadonlyMap<string, string>,
  key: string,
): string | undefined {
  const text = metadata.get(key);
  return text === undefined ? undefined : String(JSON.parse(text));
}

/** The members of a member, which may be missing, or `null`. */
function objectAt(
  members: ReadonlyMap<string, string>,
  name: string,
): Map<string, string> {
  const text = members.get(name);
  return text?.startsWith("{") ? membersOf(text) : new Map();
}

/** Measurements with those of a new outline, in the form they have: an object, or QuPath's older array. */
function measurementsOf(
  text: string | undefined,
  { rings, mpp }: {
    readonly rings: readonly (readonly number[])[];
    readonly mpp?: { readonly x: number; readonly y: number };
  },
): string {
  const { area, perimeter } = measureRings(rings, mpp);
  const unit = mpp ? "µm" : "px";
  const shape: [string, number][] = [
    [`Area ${unit}^2`, area],
    [`Perimeter ${unit}`, perimeter],
    ["Circularity", Math.min(1, 4 * Math.PI * area / perimeter ** 2)],
  ];
  if (text?.startsWith("[")) {
    const list = parseJson(text) as ({ name?: unknown } | null)[];
    const others = list.filter((one) => !SHAPE.test(String(one?.name)));
    return JSON.stringify([
      ...shape.map(([name, value]) => ({ name, value })),
      ...others,
    ]);
  }
  const others = [...text?.startsWith("{") ? membersOf(text) : []]
    .filter(([name]) => !SHAPE.test(name));
  return objectText(
    new Map([
      ...shape.map(([name, value]) => [name, String(value)] as const),
      ...others,
    ]),
  );
}
