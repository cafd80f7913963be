/** What wrappers put before every key: DataParallel and torch.compile. */
const prefixes = ["module.", "_orig_mod."];

/** Weight norm as newer PyTorch writes it, and the names it had before. */
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
      throw new SyntaxError(
        `Cannot normalize keys as each must stay distinct: received ${
          JSON.stringify(name)
        } twice`,
      );
    }
    result.set(name, value);
  }
  return result;
}
