import { cannot } from "../errors/cannot.ts";
import { MAX_COPY_RATIO, MAX_GROWTH } from "../io/limits.ts";
import { ByteReader, describeValue } from "./byte_reader.ts";
import { runPickle } from "./run_pickle.ts";
import { elementBytes } from "./tensor_data.ts";
import { TorchGlobal } from "./torch_globals.ts";
import { type TensorSource, TorchStorage } from "./torch_tensor.ts";
import { ZipArchive } from "./zip_archive.ts";

/** A PyTorch file: the object it holds, and the source of its tensors' bytes. */
export interface TorchFile {
  /** The saved object: usually a Map of {@linkcode TorchTensor}s. */
  readonly value: unknown;
  readonly source: TensorSource;
}

/**
 * Limit on copies of strided views, in bytes: enough for any real checkpoint, whose views are copied at most once, and
 * too little for a small file that claims gigabytes.
 */
export function copyBudget(file: Uint8Array): number {
  return MAX_GROWTH + MAX_COPY_RATIO * file.length;
}

/**
 * The storage that a persistent id names: `("storage", class, key, location, elements)`; in old files followed by the
 * part, `(key, offset, elements)`.
 *
 * @throws {SyntaxError} If the id has another form.
 */
export function parseStorageId(id: unknown, subject: string): TorchStorage {
  const [kind, type, key, , length, part] = Array.isArray(id) ? id : [];
  const dtype = type instanceof TorchGlobal ? type.options.dtype : undefined;
  if (
    kind !== "storage" || !dtype || typeof key !== "string" || !isLength(length)
  ) {
    throw cannot(
      `read ${subject}`,
      `a persistent id must be ("storage", class, key, location, elements), received ${
        Array.isArray(id)
          ? `(${id.slice(0, 6).map(describeValue).join(", ")})`
          : describeValue(id)
      }`,
      { kind: SyntaxError },
    );
  }
  if (part === undefined || part === null) {
    return new TorchStorage(key, dtype, length);
  }
  const [, offset, partLength] = Array.isArray(part) ? part : [];
  if (
    !isLength(offset) || !isLength(partLength) || offset + partLength > length
  ) {
    throw cannot(
      `read ${subject}`,
      `a part of a storage must lie within its ${length} elements, received offset ${
        describeValue(offset)
      } and length ${describeValue(partLength)}`,
      { kind: RangeError },
    );
  }
  return new TorchStorage(key, dtype, length, { offset, length: partLength });
}

function isLength(value: unknown): value is number {
  return Number.isSafeInteger(value) && (value as number) >= 0;
}

/**
 * Reads the format of `torch.save` since PyTorch 1.6: a zip archive with `NAME/data.pkl` and one file per storage.
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
    throw cannot(
      `read ${subject}`,
      `the zip archive holds no data.pkl, but ${names || "nothing"}`,
      { kind: SyntaxError },
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
    if (!storage) throw missingStorage(key, subject);
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
          throw cannot(
            `read ${subject}`,
            `storage ${
              describeValue(key)
            } must hold ${length} elements of ${dtype}, received ${storage.length} bytes`,
            { kind: RangeError },
          );
        }
        const start = (part?.offset ?? 0) * size;
        return storage.subarray(start, start + (part?.length ?? length) * size);
      },
    },
  };
}

function missingStorage(key: string, subject: string): Error {
  return cannot(
    `read ${subject}`,
    `storage ${describeValue(key)} is missing`,
    { kind: SyntaxError },
  );
}

function refuseBigEndian(
  byteorder: Uint8Array | undefined,
  subject: string,
): void {
  const order = byteorder &&
    new TextDecoder().decode(byteorder.subarray(0, 100)).trim();
  if (order !== undefined && order !== "little") {
    throw cannot(
      `read ${subject}`,
      `the byte order must be little, received ${describeValue(order)}`,
      { kind: TypeError },
    );
  }
}

const magicNumber = 0x1950a86a20f9469cfc6cn;
const protocolVersion = 1001;

/**
 * Reads the legacy format of `torch.save`, from before PyTorch 1.6: pickles of a magic number, a version, the system,
 * the object and the storages' keys, then each storage as a length and raw elements.
 *
 * Source: https://github.com/pytorch/pytorch/blob/main/torch/serialization.py.
 */
export function readTorchLegacy(bytes: Uint8Array, subject: string): TorchFile {
  const magic = runPickle(bytes, { subject });
  if (magic.value !== magicNumber) {
    throw cannot(
      `read ${subject}`,
      `the file must begin with PyTorch's magic number, received a plain pickle of ${
        describeValue(magic.value)
      }`,
      { kind: SyntaxError },
    );
  }
  const version = runPickle(bytes, { subject, position: magic.position });
  if (version.value !== protocolVersion) {
    throw cannot(
      `read ${subject}`,
      `the format's version must be ${protocolVersion}, received ${
        describeValue(version.value)
      }`,
      { kind: SyntaxError },
    );
  }
  const system = runPickle(bytes, { subject, position: version.position });
  if (
    !(system.value instanceof Map) || system.value.get("little_endian") !== true
  ) {
    throw cannot(`read ${subject}`, "the byte order must be little", {
      kind: TypeError,
    });
  }
  const named = new Map<string, TorchStorage>();
  const object = runPickle(bytes, {
    subject,
    position: system.position,
    persistentLoad: (id) => {
      const storage = parseStorageId(id, subject);
      const first = named.get(storage.key) ?? storage;
      if (first.dtype !== storage.dtype || first.length !== storage.length) {
        throw cannot(
          `read ${subject}`,
          `storage ${
            describeValue(storage.key)
          } has two sizes, ${first.length} ${first.dtype} and ${storage.length} ${storage.dtype}`,
          { kind: SyntaxError },
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
        if (!storage) throw missingStorage(key, subject);
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
      throw cannot(
        `read ${subject}`,
        `storage ${describeValue(key)} belongs to no tensor`,
        { kind: SyntaxError },
      );
    }
    const length = reader.u64();
    if (length !== storage.length) {
      throw cannot(
        `read ${subject}`,
        `storage ${
          describeValue(key)
        } must hold ${storage.length} elements, received ${length}`,
        { kind: RangeError },
      );
    }
    storages.set(key, reader.take(length * elementBytes[storage.dtype]));
  }
  return storages;
}
