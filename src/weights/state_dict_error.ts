/** A tensor whose shape is not the one that the model expects. */
export interface MisshapedTensor {
  /** The tensor's key. */
  readonly key: string;
  /** The shape that the model has. */
  readonly expected: readonly number[];
  /** The shape in the state dict. */
  readonly received: readonly number[];
}

/** Differences between the keys of a state dict and a model. */
export interface StateDictDifference {
  /** Keys that the model needs and the state dict lacks. */
  readonly missing: readonly string[];
  /** Keys that the state dict has and the model does not know. */
  readonly unexpected: readonly string[];
  /** Keys in both, with different shapes. */
  readonly misshaped: readonly MisshapedTensor[];
}

/** How many keys of a kind the message lists. */
const listed = 3;

/**
 * Weights that do not fit a model. The message lists up to three keys of each kind; the fields hold them all.
 *
 * @example
 * ```ts
 * import { StateDictError } from "@tilewise/tilewise/weights";
 *
 * const error = new StateDictError({ missing: ["conv.bias"], unexpected: [], misshaped: [] });
 * console.assert(error.missing[0] === "conv.bias");
 * ```
 */
export class StateDictError extends Error implements StateDictDifference {
  /** Identifies the class if `instanceof` cannot, such as across workers. */
  override readonly name = "StateDictError";
  readonly missing: readonly string[];
  readonly unexpected: readonly string[];
  readonly misshaped: readonly MisshapedTensor[];

  /** Makes the error, and its message, from the keys that differ. */
  constructor(difference: StateDictDifference) {
    const { missing, unexpected, misshaped } = difference;
    const parts = [
      list(`${missing.length} missing`, missing),
      list(`${unexpected.length} unexpected`, unexpected),
      list(
        `${misshaped.length} mis-shaped`,
        misshaped.map(({ key, expected, received }) =>
          `${key} [${received}] instead of [${expected}]`
        ),
      ),
    ].filter((part) => part !== "");
    super(
      `Cannot match weights as their keys and shapes must be the model's: received ${
        parts.join("; ")
      }`,
    );
    this.missing = missing;
    this.unexpected = unexpected;
    this.misshaped = misshaped;
  }
}

function list(heading: string, keys: readonly string[]): string {
  if (keys.length === 0) return "";
  const rest = keys.length > listed ? ` and ${keys.length - listed} more` : "";
  const shown = keys.slice(0, listed).map((key) =>
    JSON.stringify(key.slice(0, 200)).slice(1, -1)
  );
  return `${heading} (${shown.join(", ")}${rest})`;
}
