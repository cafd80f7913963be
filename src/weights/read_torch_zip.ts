import { describeValue } from "./describe_value.ts";
import { runPickle } from "./run_pickle.ts";
import { elementBytes } from "./tensor_data.ts";
import type { TorchFile } from "./torch_file.ts";
import { copyBudget, parseStorageId } from "./torch_file.ts";
import { ZipArchive } from "./zip_archive.ts";

/**
 * Reads what `torch.save` writes since PyTorch 1.6: a zip archive with `NAME/data.pkl` and a file a storage.
 *
 * Source: https://github.com/pytorch/pytorch/blob/main/torch/serialization.py.
 */
export function readTorchZip(bytes: Uint8Array, subject: string): TorchFile {
  const archive = new ZipArchive(bytes, subject);
  const pickleName = archive.names
    .filter((name) => name === "data.pkl" || name.endsWith("/data.pkl"))
    .sort((a, b) => a.length - b.length)[0];
  const pickle = pickleName === undefined
    ? undefined
    : archive.read(pickleName);
  if (pickle === undefined || pickleName === undefined) {
    const names = archive.names.slice(0, 3).map(describeValue).join(", ");
    throw new SyntaxError(
      `Cannot read ${subject} as a zip must hold data.pkl: received ${
        names || "an empty zip"
      }`,
    );
  }
  const folder = pickleName.slice(0, -"data.pkl".length);
  refuseBigEndian(archive.read(`${folder}byteorder`), subject);
  const { value } = runPickle(pickle, {
    subject,
    persistentLoad: (id) => parseStorageId(id, subject),
  });
  const storages = new Map<string, Uint8Array>();
  const readStorage = (key: string): Uint8Array => {
    const storage = archive.read(`${folder}data/${key}`);
    if (!storage) {
      throw new SyntaxError(
        `Cannot read ${subject} as it must hold every storage: received none called ${
          describeValue(key)
        }`,
      );
    }
    return storage;
  };
  return {
    value,
    source: {
      subject,
      copyBudget: copyBudget(bytes),
      storageBytes({ key, dtype, length, part }) {
        const storage = storages.get(key) ?? readStorage(key);
        storages.set(key, storage);
        const size = elementBytes[dtype];
        if (length * size > storage.length) {
          throw new RangeError(
            `Cannot read ${subject} as storage ${
              describeValue(key)
            } must hold ${length} elements of ${dtype}: received ${storage.length} bytes`,
          );
        }
        const start = (part?.offset ?? 0) * size;
        return storage.subarray(start, start + (part?.length ?? length) * size);
      },
    },
  };
}

function refuseBigEndian(
  byteorder: Uint8Array | undefined,
  subject: string,
): void {
  const order = byteorder &&
    new TextDecoder().decode(byteorder.subarray(0, 100)).trim();
  if (order !== undefined && order !== "little") {
    throw new TypeError(
      `Cannot read ${subject} as its byte order must be little: received ${
        describeValue(order)
      }`,
    );
  }
}
