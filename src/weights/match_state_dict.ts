import { cannot } from "../errors/cannot.ts";
import type { StateDict, TensorData } from "./tensor_data.ts";

/** A tensor whose shape differs from the one that the model expects. */
export interface MisshapedTensor {
  /** Its key. */
  readonly key: string;
  /** The shape in the model. */
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

/** Keys of each kind that the message lists. */
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

  /**
   * Creates the error from the keys that differ.
   *
   * @param options Other parts of the message. Default: the action is "match weights", and the reason lists the keys.
   */
  constructor(
    difference: StateDictDifference,
    options: { action?: string; reason?: string; cause?: unknown } = {},
  ) {
    const { missing, unexpected, misshaped } = difference;
    const { action = "match weights", cause } = options;
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
    const {
      reason = `keys or shapes differ from the network's: ${parts.join("; ")}`,
    } = options;
    super(`Cannot ${action}: ${reason}`, cause === undefined ? {} : { cause });
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

/** Prefixes that DataParallel and torch.compile add to every key. */
const prefixes = ["module.", "_orig_mod."];

/** The names of weight norm in recent PyTorch, and those of earlier versions. */
const renamed: readonly [RegExp, string][] = [
  [/(^|\.)parametrizations\.weight\.original0$/, "$1weight_g"],
  [/(^|\.)parametrizations\.weight\.original1$/, "$1weight_v"],
];

/**
 * Normalizes keys: removes the prefix that DataParallel (`module.`) or `torch.compile` (`_orig_mod.`) adds, and names
 * the parts of weight norm `weight_g` and `weight_v`.
 *
 * @throws {SyntaxError} If two keys become one.
 *
 * @example
 * ```ts
 * import { normalizeKeys } from "@tilewise/tilewise/weights";
 *
 * const keys = normalizeKeys(new Map([["module.conv.weight", 1], ["module.conv.bias", 2]])).keys();
 * console.assert([...keys].join() === "conv.weight,conv.bias");
 * ```
 */
export function normalizeKeys<T>(
  tensors: ReadonlyMap<string, T>,
): Map<string, T> {
  let entries = [...tensors];
  let prefix: string | undefined;
  const shared = (prefix: string) =>
    entries.every(([key]) =>
      key.startsWith(prefix) && key.length > prefix.length
    );
  while (entries.length > 0 && (prefix = prefixes.find(shared)) !== undefined) {
    const { length } = prefix;
    entries = entries.map(([key, value]) => [key.slice(length), value]);
  }
  const result = new Map<string, T>();
  for (const [key, value] of entries) {
    const name = renamed.reduce(
      (name, [from, to]) => name.replace(from, to),
      key,
    );
    if (result.has(name)) {
      throw cannot(
        "normalize keys",
        `two of them become ${JSON.stringify(name)}`,
        { kind: SyntaxError },
      );
    }
    result.set(name, value);
  }
  return result;
}

/** A tensor that a model needs. */
export interface ExpectedTensor {
  /** Its key in the state dict. */
  readonly name: string;
  /** Sizes, outermost first. */
  readonly shape: readonly number[];
}

/** Options for {@linkcode matchStateDict}. */
export interface MatchStateDictOptions {
  /** Keys of the state dict that the model may leave unused. */
  readonly ignore?: (key: string) => boolean;
  /** Keys of the model that the state dict may lack. If present, their shapes must match. */
  readonly optional?: (key: string) => boolean;
}

/**
 * Picks the tensors that a model needs from a state dict, by key and shape. Keys are first normalized by {@linkcode
 * normalizeKeys}. BatchNorm's `num_batches_tracked` is ignored on both sides.
 *
 * @returns the tensors, in the model's order.
 * @throws {StateDictError} If keys are missing, unexpected or mis-shaped; it lists them all.
 *
 * @example
 * ```ts
 * import { matchStateDict } from "@tilewise/tilewise/weights";
 *
 * const bias = { shape: [2], dtype: "u8", data: new Uint8Array([1, 2]) } as const;
 * const matched = matchStateDict(new Map([["module.bias", bias]]), [{ name: "bias", shape: [2] }]);
 * console.assert(matched.get("bias") === bias);
 * ```
 */
export function matchStateDict(
  stateDict: StateDict,
  expected: Iterable<ExpectedTensor>,
  options: MatchStateDictOptions = {},
): Map<string, TensorData> {
  const { ignore, optional } = options;
  const tensors = normalizeKeys(stateDict);
  const matched = new Map<string, TensorData>();
  const known = new Set<string>();
  const missing: string[] = [];
  const misshaped: MisshapedTensor[] = [];
  for (const { name, shape } of expected) {
    known.add(name);
    if (isCounter(name)) continue;
    const tensor = tensors.get(name);
    if (!tensor) {
      if (!optional?.(name)) missing.push(name);
    } else if (!isSameShape(tensor.shape, shape)) {
      misshaped.push({ key: name, expected: shape, received: tensor.shape });
    } else {
      matched.set(name, tensor);
    }
  }
  const unexpected = [...tensors.keys()]
    .filter((key) => !known.has(key) && !isCounter(key) && !ignore?.(key));
  if (missing.length + unexpected.length + misshaped.length > 0) {
    throw new StateDictError({ missing, unexpected, misshaped });
  }
  return matched;
}

function isCounter(key: string): boolean {
  return key === "num_batches_tracked" || key.endsWith(".num_batches_tracked");
}

function isSameShape(a: readonly number[], b: readonly number[]): boolean {
  return a.length === b.length && a.every((size, axis) => size === b[axis]);
}
