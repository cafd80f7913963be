import { describeValue } from "./describe_value.ts";
import { TorchGlobal } from "./torch_globals.ts";
import type { TensorSource } from "./torch_tensor.ts";
import { TorchStorage } from "./torch_tensor.ts";

/** A PyTorch file: the object it holds, and where that object's tensors find their bytes. */
export interface TorchFile {
  /** What was saved: usually a Map, with {@linkcode TorchTensor} values. */
  readonly value: unknown;
  readonly source: TensorSource;
}

/**
 * Limit on copies of strided views in bytes: enough for any real checkpoint (whose views are copied at most once), too
 * little for a small file that claims gigabytes.
 */
export function copyBudget(file: Uint8Array): number {
  return 64 * 2 ** 20 + 4 * file.length;
}

/**
 * The storage that a persistent id names: `("storage", class, key, location, elements)`, and in files of old
 * `(key, offset, elements)` of the part that is meant.
 *
 * @throws {SyntaxError} If the id is none of these.
 */
export function parseStorageId(id: unknown, subject: string): TorchStorage {
  const [kind, type, key, , length, part] = Array.isArray(id) ? id : [];
  const dtype = type instanceof TorchGlobal ? type.options.dtype : undefined;
  if (
    kind !== "storage" || !dtype || typeof key !== "string" || !isLength(length)
  ) {
    throw new SyntaxError(
      `Cannot read ${subject} as a persistent id must be ("storage", class, key, location, elements): received ${
        Array.isArray(id)
          ? id.slice(0, 6).map(describeValue).join(", ")
          : describeValue(id)
      }`,
    );
  }
  if (part === undefined || part === null) {
    return new TorchStorage(key, dtype, length);
  }
  const [, offset, partLength] = Array.isArray(part) ? part : [];
  if (
    !isLength(offset) || !isLength(partLength) || offset + partLength > length
  ) {
    throw new RangeError(
      `Cannot read ${subject} as a part of a storage must lie within its ${length} elements: received ${
        describeValue(offset)
      } and ${describeValue(partLength)} more`,
    );
  }
  return new TorchStorage(key, dtype, length, { offset, length: partLength });
}

function isLength(value: unknown): value is number {
  return Number.isSafeInteger(value) && (value as number) >= 0;
}
