import { cannot } from "../errors/cannot.ts";
import type { ObjectChange } from "./change.ts";
import type { ClassTable } from "./class_table.ts";
import {
  type CorrectedFeature,
  type CorrectionState,
  ignoredClass,
  nameOfClass,
  stateOf,
} from "./correction.ts";
import {
  type Decision,
  editFeature,
  type FeatureEdit,
  formerClass,
} from "./edit_feature.ts";
import { type AreaFeature, isSameOutline, ringsOf } from "./feature_rings.ts";
import { type Rings, toGeometry } from "./polygons.ts";
import { parseJson } from "./raw_json.ts";

/** What a change is applied to. */
export interface ChangeContext {
  /** JSON of the feature. Default: the change makes one. */
  readonly text?: string;
  /** JSON of the feature as it was read, which comes back if the change undoes all others. */
  readonly original?: string;
  /** The classes that are known. */
  readonly classes: ClassTable;
  /** The slide, in pixels; micrometers per pixel, if known. */
  readonly slide: {
    readonly width: number;
    readonly height: number;
    readonly mpp?: { readonly x: number; readonly y: number };
  };
  /** Who decides, and when. */
  readonly decision: Decision;
}

/** How far outside the slide a point may be, in pixels; it is moved to the edge. */
const OUTSIDE = 1;

/**
 * Applies a change to an object.
 *
 * @returns the JSON of its feature.
 * @throws {RangeError} If its outline has no area, or is outside the slide.
 * @throws {TypeError} If the feature is a point or a line.
 */
export function applyChange(
  change: ObjectChange,
  { text = newFeature(change.id), original, classes, slide, decision }:
    ChangeContext,
): string {
  const { state, name, rings } = change;
  if (name === ignoredClass.name && state !== "rejected") {
    throw cannot(
      ACTION,
      `${ignoredClass.name} is the class of rejected objects`,
      {
        received: state,
        kind: TypeError,
      },
    );
  }
  const now = describe(text);
  if (now.rings.length === 0 && !rings) {
    throw cannot(ACTION, "it has no area", { kind: TypeError });
  }
  const wanted = {
    state,
    name: name === undefined ? now.name : name ?? undefined,
    rings: rings ?? now.rings,
  };
  const read = original === undefined ? undefined : describe(original);
  if (isSame(wanted, now)) return text;
  if (read && isSame(wanted, read)) return original!;
  const classification = wanted.name === now.name
    ? formerClass(text)
    : wanted.name === undefined
    ? null
    : classes.textOf(wanted.name);
  const edit = { state, decision, classification };
  if (isSameOutline(wanted.rings, now.rings)) return editFeature(text, edit);
  if (read && isSameOutline(wanted.rings, read.rings)) {
    return editFeature(original!, edit);
  }
  const outline = outlineOf(wanted.rings, slide);
  return editFeature(text, { ...edit, outline });
}

const ACTION = "change an object";

function newFeature(id: string): string {
  return JSON.stringify({
    type: "Feature",
    id,
    geometry: { type: "Polygon", coordinates: [] },
    properties: { objectType: "annotation" },
  });
}

/** What a change can say of an object. */
interface Described {
  readonly state: CorrectionState | null;
  readonly name: string | undefined;
  readonly rings: Rings;
}

function describe(text: string): Described {
  const feature = parseJson(text) as CorrectedFeature & AreaFeature;
  const classification = formerClass(text);
  return {
    state: stateOf(feature) ?? null,
    name: classification === null
      ? undefined
      : nameOfClass(parseJson(classification)),
    rings: ringsOf(feature) ?? [],
  };
}

function isSame(one: Described, other: Described): boolean {
  return one.state === other.state && one.name === other.name &&
    isSameOutline(one.rings, other.rings);
}

/** An outline of proper polygons within the slide. */
function outlineOf(
  rings: Rings,
  { width, height, mpp }: ChangeContext["slide"],
): NonNullable<FeatureEdit["outline"]> {
  const geometry = toGeometry(rings.map((ring) =>
    ring.map((value, i) => {
      const most = i % 2 === 0 ? width : height;
      if (value < -OUTSIDE || value > most + OUTSIDE) {
        const point = [ring[i & ~1], ring[i | 1]];
        throw cannot(
          ACTION,
          `a point is outside the slide, which is ${width}×${height}`,
          { received: point, kind: RangeError },
        );
      }
      return Math.min(Math.max(value, 0), most);
    })
  ));
  if (!geometry) {
    throw cannot(ACTION, "its outline has no area", { kind: RangeError });
  }
  return { geometry, rings: ringsOf({ geometry })!, mpp };
}
