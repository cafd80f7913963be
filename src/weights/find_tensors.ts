import { cannot } from "../errors/cannot.ts";
import { describeValue } from "./byte_reader.ts";
import { TorchTensor } from "./torch_tensor.ts";

/** Keys under which training scripts store the state dict, most specific first. */
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
 * Finds the tensors of a checkpoint's state dict, which is the object itself or a dictionary within it, as in
 * `{"epoch": 7, "state_dict": {…}}`. Well-known names come first; otherwise only one dictionary may hold tensors.
 * Other values (an epoch, a learning rate) are dropped.
 *
 * @throws {TypeError} If there are no tensors, or several dictionaries of them without a well-known name.
 */
export function findTensors(
  value: unknown,
  subject: string,
): Map<string, TorchTensor> {
  const seen = new Set<unknown>();
  const fail = (reason: string): never => {
    throw cannot(`read ${subject}`, reason, { kind: TypeError });
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
      fail(
        `${nested.length} dictionaries hold tensors (${names}); save only one of them`,
      );
    }
    return nested[0]?.[1];
  };
  return find(value, 0) ?? fail(
    `a checkpoint must be a dictionary of tensors, received ${
      describeValue(value)
    }${value instanceof Map ? " without tensors" : ""}`,
  );
}

/** Location of a checkpoint on disk. */
export interface WeightsPlace {
  /** A path, or a `file:` URL. */
  readonly path: string | URL;
  /** The file's name. */
  readonly name: string;
}

/**
 * Distinguishes a path from a URL, which may be a string.
 *
 * @throws {TypeError} If it is not a `file:` URL.
 */
export function findWeights(source: string | URL): WeightsPlace {
  const isUrl = source instanceof URL ||
    /^(file:|[a-z][\w+.-]+:\/\/)/i.test(source); // "C:\" is a path
  if (!isUrl) return { path: source, name: nameOf(source) };
  if (!URL.canParse(source)) {
    throw cannot(`load checkpoint "${source}"`, "not a valid URL", {
      kind: TypeError,
    });
  }
  const url = new URL(source);
  if (url.protocol !== "file:") {
    const shown = url.href.replace(/[?#].*$/, ""); // a query may hold keys
    throw cannot(
      `load checkpoint "${shown}"`,
      "weights are read from files only; download it, or pass its bytes to loadModel()",
      { kind: TypeError },
    );
  }
  return { path: url, name: nameOf(decode(url.pathname)) };
}

function nameOf(path: string): string {
  return path.split(/[\\/]/).at(-1) || path;
}

function decode(path: string): string {
  try {
    return decodeURIComponent(path);
  } catch {
    return path; // a lone % is no reason to refuse a file
  }
}
