/** A limit. */
export interface Limit {
  /** The most that is accepted. */
  readonly most: number;
  /** What is counted. */
  readonly what: string;
  /** Why this value. */
  readonly why: string;
}

const limits = new Map<string, Limit>();

/** All limits by name. */
export const LIMITS: ReadonlyMap<string, Limit> = limits;

/** Adds a limit. */
export function limit(
  name: string,
  most: number,
  what: string,
  why: string,
): number {
  limits.set(name, { most, what, why });
  return most;
}
