import { cannot } from "../errors/cannot.ts";

/**
 * What a person did to an object: looked at it and left it as it is, corrected its outline or class, drew it, or found
 * that it is not an object. None: nobody has decided.
 */
export const STATES = ["accepted", "changed", "drawn", "rejected"] as const;

/** One of {@linkcode STATES}. */
export type CorrectionState = typeof STATES[number];

/** The key of an object's state in QuPath's map of strings, `properties.metadata`. */
export const STATE = "tilewise.state";
/** The key of who decided last. */
export const BY = "tilewise.by";
/** The key of when that was: ISO 8601, UTC. */
export const AT = "tilewise.at";
/** The key of the model that found the object. */
export const MODEL = "tilewise.model";
/** The key of the threshold at which it was found. */
export const THRESHOLD = "tilewise.threshold";
/** The key of the classification that a rejected object had, as JSON. */
export const CLASS = "tilewise.class";

/** QuPath's class of a region that somebody has looked at as a whole. */
export const REGION = "Region*";
/** QuPath's class of what it leaves out of what it computes: that of rejected objects. */
export const IGNORED = "Ignore*";

/** A class as QuPath writes it; without a color, QuPath refuses it. */
export interface Classification {
  /** Its name; a derived class has `names` in its place. */
  readonly name: string;
  /** 0 to 255. */
  readonly color: readonly [red: number, green: number, blue: number];
}

/** QuPath's own colors. */
export const OWN_CLASSES: readonly Classification[] = [
  { name: IGNORED, color: [180, 180, 180] },
  { name: REGION, color: [0, 0, 180] },
];

/** The parts of a GeoJSON feature, as QuPath and Tilewise write it, that corrections depend on. */
export interface CorrectedFeature {
  readonly properties?: {
    readonly classification?: unknown;
    readonly metadata?: unknown;
  } | null;
}

/** The metadata of a feature: QuPath's map of strings. */
export function metadataOf(
  { properties }: CorrectedFeature,
): Readonly<Record<string, unknown>> {
  const metadata = properties?.metadata;
  return typeof metadata === "object" && metadata !== null
    ? metadata as Record<string, unknown>
    : {};
}

/**
 * The state of an object. Where QuPath has changed the class since, the class decides: an object that became `Ignore*`
 * is rejected, and a rejected one of another class was changed.
 *
 * @returns `undefined` if nobody has decided.
 * @throws {SyntaxError} If it has another state than these.
 */
export function stateOf(
  feature: CorrectedFeature,
): CorrectionState | undefined {
  const word = metadataOf(feature)[STATE];
  if (word === undefined) return undefined;
  const state = STATES.find((one) => one === word);
  if (!state) {
    throw cannot(
      "read the state of an object",
      `${STATE} must be ${STATES.join(", ")} or absent`,
      { received: word, kind: SyntaxError },
    );
  }
  if (classNameOf(feature) === IGNORED) return "rejected";
  return state === "rejected" ? "changed" : state;
}

/** Whether a feature is a region that somebody has looked at as a whole. */
export function isRegion(feature: CorrectedFeature): boolean {
  return classNameOf(feature) === REGION;
}

/** The name of a feature's class; of a derived class, its names with ": " between them, as QuPath shows it. */
export function classNameOf(
  { properties }: CorrectedFeature,
): string | undefined {
  return nameOfClass(properties?.classification);
}

/** The name of a classification. */
export function nameOfClass(classification: unknown): string | undefined {
  if (typeof classification === "string") return classification;
  const { name, names } = (classification ?? {}) as Record<string, unknown>;
  if (typeof name === "string") return name;
  const list = name ?? names;
  return Array.isArray(list) && list.length > 0 ? list.join(": ") : undefined;
}
