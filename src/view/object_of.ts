import {
  type CorrectedFeature,
  KEYS,
  metadataOf,
  nameOfClass,
  stateOf,
} from "../corrections/correction.ts";
import {
  type AreaFeature,
  measureRings,
} from "../corrections/feature_rings.ts";
import { parseJson } from "../corrections/raw_json.ts";
import type { ViewObject } from "./description.ts";

/** The parts of a GeoJSON feature, as QuPath and Tilewise write it, that the page shows. */
export interface ObjectFeature extends AreaFeature, CorrectedFeature {
  readonly id?: unknown;
  readonly properties?:
    | CorrectedFeature["properties"] & { readonly measurements?: unknown }
    | null;
}

/** Options for {@linkcode objectOf}. */
export interface ObjectOptions {
  /** Its outline. */
  readonly rings: readonly (readonly number[])[];
  /** Its id, if it is the only one with it. */
  readonly id?: string;
  /** Micrometers per pixel, if known. */
  readonly mpp?: { readonly x: number; readonly y: number };
}

/**
 * What the page shows of a feature. A rejected one has the class that it had before.
 *
 * @throws {SyntaxError} If it has a state that is none.
 */
export function objectOf(
  feature: ObjectFeature,
  { rings, mpp, id }: ObjectOptions,
): ViewObject {
  const { properties } = feature;
  const state = stateOf(feature);
  const classification = state === "rejected"
    ? formerClassOf(feature)
    : properties?.classification;
  const { color } = (classification ?? {}) as { readonly color?: unknown };
  const measured = measurementsOf(properties?.measurements);
  const find = (words: RegExp) =>
    measured.find(([name]) => words.test(name))?.[1];
  const micrometers = find(/^area µm(\^2|²)$/i);
  return {
    id,
    rings,
    // The measured area, as outlines may be simplified.
    area: find(/^area px(\^2|²)?$/i) ??
      (micrometers && mpp
        ? micrometers / (mpp.x * mpp.y)
        : measureRings(rings).area),
    probability: find(/probability/i),
    name: nameOfClass(classification),
    color: Array.isArray(color) && color.length === 3 &&
        color.every(Number.isFinite)
      ? color as [number, number, number]
      : undefined,
    state,
    measurements: measured.length > 0
      ? Object.fromEntries(measured)
      : undefined,
  };
}

/** The class that a rejected object had, if that is known. */
function formerClassOf(feature: ObjectFeature): unknown {
  const text = textOf(metadataOf(feature)[KEYS.class]);
  return text === undefined ? undefined : parseJson(text);
}

function textOf(value: unknown): string | undefined {
  return typeof value === "string" ? value : undefined;
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
