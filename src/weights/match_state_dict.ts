import { normalizeKeys } from "./normalize_keys.ts";
import type { MisshapedTensor } from "./state_dict_error.ts";
import { StateDictError } from "./state_dict_error.ts";
import type { StateDict, TensorData } from "./tensor_data.ts";

/** A tensor that a model needs. */
export interface ExpectedTensor {
  /** Its key in the state dict. */
  readonly name: string;
  /** Its sizes, outermost first. */
  readonly shape: readonly number[];
}

/** Options for {@linkcode matchStateDict}. */
export interface MatchStateDictOptions {
  /** Keys of the state dict that the model may leave unused. */
  readonly ignore?: (key: string) => boolean;
  /** Keys of the model that the state dict may lack; if present, their shapes must match. */
  readonly optional?: (key: string) => boolean;
}

/**
 * Picks the tensors that a model needs from a state dict, by key and shape; keys are first brought into the form that
 * {@linkcode normalizeKeys} gives. BatchNorm's `num_batches_tracked` is ignored on both sides.
 *
 * @returns the tensors in the order the model names them.
 * @throws {StateDictError} that lists all missing, unexpected and mis-shaped keys.
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
