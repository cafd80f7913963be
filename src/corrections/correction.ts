import { cannot } from "../errors/cannot.ts";

/**
 * What a person did to an object: looked at it and left it as it is, corrected its outline or class, drew it, or found
 * that it is not an object. None: nobody has decided.
 */
export const STATES = ["accepted", "changed", "drawn", "rejected"] as const;

/** One of {@linkcode STATES}. */
export type CorrectionState = typeof STATES[number];

/** Where QuPath's map of strings, `properties.metadata`, holds what a person did. */
export const KEYS = {
  state: "tilewise.state",
  by: "tilewise.by",
  at: "tilewise.at",
  model: "tilewise.model",
  threshold: "tilewise.threshold",
  class: "tilewise.class",
} as const;

/** A class as QuPath writes it; without a color, QuPath refuses it. */
export interface Classification {
  /** Its name; a derived class has `names` in its place. */
  readonly name: string;
  /** 0 to 255. */
  readonly color: readonly [red: number, green: number, blue: number];
}

/** QuPath's name of the class of what it leaves out of what it computes: that of rejected objects. */
export const IGNORED = "Ignore*";
/** QuPath's name of the class of regions that somebody has looked at as a whole. */
export const REGION = "Region*";

/** The class of rejected objects. */
export const ignoredClass: Classification = {
  name: IGNORED,
  color: [180, 180, 180],
};

/** The class of regions. */
export const regionClass: Classification = {
  name: REGION,
  color: [0, 0, 180],
};

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
  const word = metadataOf(feature)[KEYS.state];
  if (word === undefined) return undefined;
  const state = STATES.find((one) => one === word);
  if (!state) {
    throw cannot(
      "read the state of an object",
      `${KEYS.state} must be ${STATES.join(", ")} or absent`,
      { received: word, kind: SyntaxError },
    );
  }
  const isIgnored = classNameOf(feature.properties) === ignoredClass.name;
  if (isIgnored) return "rejected";
  return state === "rejected" ? "changed" : state;
}

/** Whether a feature is a region that somebody has looked at as a whole. */
export function isRegion({ properties }: CorrectedFeature): boolean {
  return classNameOf(properties) === regionClass.name;
}

/** The name of a feature's class; of a derived class, its names with ": " between them, as QuPath shows it. */
export function classNameOf(
  properties: CorrectedFeature["properties"],
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
