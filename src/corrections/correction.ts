/** What a person decided about an object. An object without a state is undecided. */
export type CorrectionState = "accepted" | "changed" | "drawn" | "rejected";

/** All states. */
export const STATES: readonly CorrectionState[] = [
  ...["accepted", "changed", "drawn", "rejected"] as const,
];

/** The key of an object's state in `properties.metadata`. */
export const STATE = "tilewise.state";

/** The key of the classification that a rejected object had, as JSON. */
export const CLASS = "tilewise.class";

/** QuPath's class of a region that somebody has looked at as a whole. */
export const REGION = "Region*";

interface Corrected {
  readonly properties?: { readonly metadata?: unknown } | null;
}

/** The metadata of a feature: QuPath's map of strings. */
export function metadataOf(
  { properties }: Corrected,
): Readonly<Record<string, unknown>> {
  const metadata = properties?.metadata;
  return typeof metadata === "object" && metadata !== null
    ? metadata as Record<string, unknown>
    : {};
}

/** What a person decided about an object; `undefined` if nobody has. */
export function stateOf(feature: Corrected): CorrectionState | undefined {
  const value = metadataOf(feature)[STATE];
  return STATES.find((state) => state === value);
}
