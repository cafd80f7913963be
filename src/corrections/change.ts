import { cannot } from "../errors/cannot.ts";
import { type CorrectionState, STATES } from "./correction.ts";

/** Sets the whole state of an object, or removes it. */
export type Change = ObjectChange | Removal;

/** Sets the whole state of an object. A new id with `rings` makes one. */
export interface ObjectChange {
  /** Its id; a new one is a UUID. */
  readonly id: string;
  /** `null`: nobody has decided. */
  readonly state: CorrectionState | null;
  /** Its class; `null`: none. Default: as it was. */
  readonly name?: string | null;
  /**
   * Rings x, y, x, y, … in level-0 pixels, not closed; inside is what an odd number of them encloses. Default: the
   * outline that the file has.
   */
  readonly rings?: readonly (readonly number[])[];
}

/** Removes an object. */
export interface Removal {
  /** Its id. */
  readonly id: string;
  /** Tells it from other changes. */
  readonly removed: true;
}

/** Changes that a page sends together. */
export interface ChangeRequest {
  /** The version that the page knew. */
  readonly base: number;
  /** In order; all are applied, or none. */
  readonly changes: readonly Change[];
}

/** The most characters of an id or of the name of a class. */
const NAME = 200;

/**
 * Reads changes, which may come from anybody: only what {@linkcode ChangeRequest} has is accepted.
 *
 * @param text JSON.
 * @throws {SyntaxError} If it is not of this form.
 */
export function readChanges(text: string): ChangeRequest {
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch (cause) {
    throw refuse("they must be JSON", { cause });
  }
  const { base, changes } = record(json, ["base", "changes"]);
  if (!Number.isSafeInteger(base)) {
    throw refuse("base must be a version", { received: base });
  }
  if (!Array.isArray(changes) || changes.length === 0) {
    throw refuse("there must be at least one");
  }
  return {
    base: base as number,
    changes: changes.map(readChange),
  };
}

function readChange(json: unknown): Change {
  const { id, removed, state, name, rings } = record(
    json,
    ["id", "removed", "state", "name", "rings"],
  );
  if (typeof id !== "string" || id === "" || id.length > NAME) {
    throw refuse(`an id must have 1 to ${NAME} characters`, { received: id });
  }
  if (removed !== undefined) {
    const isWhole = removed === true &&
      Object.keys(json as object).length === 2;
    if (!isWhole) throw refuse("a removal must be an id and removed: true");
    return { id, removed };
  }
  if (state !== null && !STATES.some((one) => one === state)) {
    throw refuse(`a state must be ${STATES.join(", ")} or null`, {
      received: state,
    });
  }
  if (name !== undefined && name !== null && !isName(name)) {
    throw refuse(`a class must have 1 to ${NAME} characters in one line`, {
      received: name,
    });
  }
  return {
    id,
    state: state as CorrectionState | null,
    ...(name === undefined ? {} : { name: name as string | null }),
    ...(rings === undefined ? {} : { rings: readRings(rings) }),
  };
}

function isName(name: unknown): boolean {
  return typeof name === "string" && name.trim() !== "" &&
    name.length <= NAME && !/\p{Cc}/u.test(name);
}

function readRings(rings: unknown): number[][] {
  if (!Array.isArray(rings) || rings.length === 0) {
    throw refuse("an outline must have a ring; to remove an object, say so");
  }
  const isRing = (ring: unknown) =>
    Array.isArray(ring) && ring.length >= 6 && ring.length % 2 === 0 &&
    ring.every(Number.isFinite);
  if (!rings.every(isRing)) {
    throw refuse("a ring must be x, y, x, y, … of at least three points");
  }
  return rings;
}

/** An object of such members and no others. */
function record(
  json: unknown,
  members: readonly string[],
): Record<string, unknown> {
  if (typeof json !== "object" || json === null || Array.isArray(json)) {
    throw refuse("they must be objects", { received: json });
  }
  const odd = Object.keys(json).find((key) => !members.includes(key));
  if (odd !== undefined) {
    throw refuse(`members may be ${members.join(", ")}`, { received: odd });
  }
  return json as Record<string, unknown>;
}

function refuse(
  reason: string,
  options: Parameters<typeof cannot>[2] = {},
): Error {
  return cannot("read changes", reason, { kind: SyntaxError, ...options });
}
