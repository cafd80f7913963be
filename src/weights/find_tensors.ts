import { describeValue } from "./describe_value.ts";
import { TorchTensor } from "./torch_tensor.ts";

/** Keys under which training scripts store the state dict, the most specific first. */
const wrappers = [
  "state_dict",
  "model_state_dict",
  "model_state",
  "model",
  "net",
  "network",
  "weights",
  "params",
  "module",
];
const maxDepth = 4;

/**
 * The tensors of a checkpoint's state dict: of the object itself, or of a dictionary within it, as in `{"epoch": 7,
 * "state_dict": {…}}`. Well-known names go first; otherwise only one dictionary may hold tensors. What is not a tensor
 * (an epoch, a learning rate) is dropped.
 *
 * @throws {TypeError} If there are no tensors, or several dictionaries of them without a well-known name.
 */
export function findTensors(
  value: unknown,
  subject: string,
): Map<string, TorchTensor> {
  const seen = new Set<unknown>();
  const fail = (received: string): never => {
    throw new TypeError(
      `Cannot read ${subject} as it must hold one dictionary of tensors: received ${received}`,
    );
  };
  const find = (
    value: unknown,
    depth: number,
  ): Map<string, TorchTensor> | undefined => {
    // Hostile dictionaries may contain themselves.
    if (!(value instanceof Map) || depth > maxDepth || seen.has(value)) {
      return undefined;
    }
    seen.add(value);
    for (const name of wrappers) {
      const found = find(value.get(name), depth + 1);
      if (found) return found;
    }
    const tensors = new Map<string, TorchTensor>();
    for (const [key, item] of value) {
      if (typeof key === "string" && item instanceof TorchTensor) {
        tensors.set(key, item);
      }
    }
    if (tensors.size > 0) return tensors;
    const nested: [unknown, Map<string, TorchTensor>][] = [];
    for (const [key, item] of value) {
      const found = find(item, depth + 1);
      if (found) nested.push([key, found]);
    }
    if (nested.length > 1) {
      const names = nested.slice(0, 5).map(([key]) => describeValue(key)).join(
        ", ",
      );
      fail(`${nested.length} of them: ${names}`);
    }
    return nested[0]?.[1];
  };
  return find(value, 0) ?? fail(
    value instanceof Map
      ? `${describeValue(value)} without tensors`
      : describeValue(value),
  );
}
