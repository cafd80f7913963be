import { ByteReader } from "./byte_reader.ts";
import { describeValue } from "./describe_value.ts";
import { runPickle } from "./run_pickle.ts";
import { elementBytes } from "./tensor_data.ts";
import type { TorchFile } from "./torch_file.ts";
import { copyBudget, parseStorageId } from "./torch_file.ts";
import type { TorchStorage } from "./torch_tensor.ts";

const magicNumber = 0x1950a86a20f9469cfc6cn;
const protocolVersion = 1001;

/**
 * Reads what `torch.save` wrote before PyTorch 1.6 (and still writes without the zip format): pickles of a magic
 * number, a version, the system, the object and the storages' keys, then each storage as a length and raw elements.
 *
 * Source: https://github.com/pytorch/pytorch/blob/main/torch/serialization.py.
 */
export function readTorchLegacy(bytes: Uint8Array, subject: string): TorchFile {
  const magic = runPickle(bytes, { subject });
  if (magic.value !== magicNumber) {
    throw new SyntaxError(
      `Cannot read ${subject} as the file must begin with PyTorch's magic number: received a plain pickle of ${
        describeValue(magic.value)
      }`,
    );
  }
  const version = runPickle(bytes, { subject, position: magic.position });
  if (version.value !== protocolVersion) {
    throw new SyntaxError(
      `Cannot read ${subject} as its version must be ${protocolVersion}: received ${
        describeValue(version.value)
      }`,
    );
  }
  const system = runPickle(bytes, { subject, position: version.position });
  if (
    !(system.value instanceof Map) || system.value.get("little_endian") !== true
  ) {
    throw new TypeError(
      `Cannot read ${subject} as its byte order must be little: received ${
        describeValue(system.value)
      } that does not say so`,
    );
  }
  const named = new Map<string, TorchStorage>();
  const object = runPickle(bytes, {
    subject,
    position: system.position,
    persistentLoad: (id) => {
      const storage = parseStorageId(id, subject);
      const first = named.get(storage.key) ?? storage;
      if (first.dtype !== storage.dtype || first.length !== storage.length) {
        throw new SyntaxError(
          `Cannot read ${subject} as a storage must be the same wherever it is named: received ${
            describeValue(storage.key)
          } with ${first.length} ${first.dtype} and ${storage.length} ${storage.dtype}`,
        );
      }
      named.set(storage.key, first);
      return storage;
    },
  });
  const keys = runPickle(bytes, { subject, position: object.position });
  const reader = new ByteReader(bytes, subject, keys.position);
  const storages = readStorages(reader, { keys: keys.value, named, subject });
  return {
    value: object.value,
    source: {
      subject,
      copyBudget: copyBudget(bytes),
      storageBytes({ key, dtype, length, part }) {
        const storage = storages.get(key);
        if (!storage) {
          throw new SyntaxError(
            `Cannot read ${subject} as it must hold every storage: received none called ${
              describeValue(key)
            }`,
          );
        }
        const size = elementBytes[dtype];
        const start = (part?.offset ?? 0) * size;
        return storage.subarray(start, start + (part?.length ?? length) * size);
      },
    },
  };
}

function readStorages(
  reader: ByteReader,
  options: {
    readonly keys: unknown;
    readonly named: ReadonlyMap<string, TorchStorage>;
    readonly subject: string;
  },
): Map<string, Uint8Array> {
  const { keys, named, subject } = options;
  const storages = new Map<string, Uint8Array>();
  for (const key of Array.isArray(keys) ? keys : []) {
    const storage = named.get(key);
    if (!storage) {
      throw new SyntaxError(
        `Cannot read ${subject} as it must hold only the storages that its tensors name: received ${
          describeValue(key)
        }`,
      );
    }
    const length = reader.u64();
    if (length !== storage.length) {
      throw new RangeError(
        `Cannot read ${subject} as storage ${
          describeValue(key)
        } must hold ${storage.length} elements: received ${length}`,
      );
    }
    storages.set(key, reader.take(length * elementBytes[storage.dtype]));
  }
  return storages;
}
