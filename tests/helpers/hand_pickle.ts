import { zipSync } from "fflate";

const encoder = new TextEncoder();

/** Bytes of a pickle: text as it is, numbers as bytes. */
export type PicklePart = string | number | readonly number[] | Uint8Array;

/** Puts a pickle together by hand, opcode by opcode. */
export function handPickle(...parts: PicklePart[]): Uint8Array {
  return concat(
    parts.map((part) =>
      typeof part === "string"
        ? encoder.encode(part)
        : typeof part === "number"
        ? new Uint8Array([part])
        : new Uint8Array(part)
    ),
  );
}

/** Joins byte arrays. */
export function concat(arrays: readonly Uint8Array[]): Uint8Array {
  const result = new Uint8Array(
    arrays.reduce((sum, { length }) => sum + length, 0),
  );
  let position = 0;
  for (const array of arrays) {
    result.set(array, position);
    position += array.length;
  }
  return result;
}

/** Four little-endian bytes. */
export function u32(value: number): number[] {
  return [0, 8, 16, 24].map((shift) => (value >>> shift) & 255);
}

/** Eight little-endian bytes. */
export function u64(value: number): number[] {
  return [...u32(value % 2 ** 32), ...u32(Math.floor(value / 2 ** 32))];
}

/** BINUNICODE. */
export function pickledText(text: string): PicklePart {
  const bytes = encoder.encode(text);
  return concat([handPickle("X", u32(bytes.length)), bytes]);
}

/** BININT. */
export function pickledInt(value: number): PicklePart {
  return handPickle("J", u32(value));
}

/** A tuple of integers. */
export function pickledInts(values: readonly number[]): PicklePart {
  return handPickle("(", ...values.map(pickledInt), "t");
}

/** How {@linkcode pickledTensor} is described. */
export interface PickledTensorOptions {
  readonly key?: string;
  readonly length?: number;
  readonly storage?: string;
  readonly offset?: number;
  readonly shape: readonly number[];
  readonly strides: readonly number[];
  /** Put after the storage's length in its persistent id. */
  readonly part?: PicklePart;
}

/** A call of `_rebuild_tensor_v2` on a storage, as torch.save writes it. */
export function pickledTensor(options: PickledTensorOptions): PicklePart {
  const {
    key = "0",
    length = 4,
    storage = "FloatStorage",
    offset = 0,
    part = "",
  } = options;
  return handPickle(
    "ctorch._utils\n_rebuild_tensor_v2\n((",
    pickledText("storage"),
    `ctorch\n${storage}\n`,
    pickledText(key),
    pickledText("cpu"),
    pickledInt(length),
    part,
    "tQ",
    pickledInt(offset),
    pickledInts(options.shape),
    pickledInts(options.strides),
    [0x89],
    "ccollections\nOrderedDict\n)RtR",
  );
}

/** A pickled dictionary. */
export function pickledDict(
  items: Readonly<Record<string, PicklePart>>,
): PicklePart {
  const parts = Object.entries(items).flatMap((
    [key, value],
  ) => [pickledText(key), value]);
  return handPickle("}(", ...parts, "u");
}

/** A file as torch.save writes it in the zip format. */
export function torchZip(
  pickle: Uint8Array,
  options: {
    readonly storages?: Readonly<Record<string, Uint8Array>>;
    readonly files?: Readonly<Record<string, Uint8Array>>;
    /** The folder that holds all. Default: `archive/`. */
    readonly folder?: string;
    /** 0 stores, 6 deflates. */
    readonly level?: 0 | 6;
  } = {},
): Uint8Array {
  const { storages = {}, files = {}, folder = "archive/", level = 0 } = options;
  const entries: Record<string, Uint8Array> = {
    [`${folder}data.pkl`]: pickle,
    ...files,
  };
  for (const [key, bytes] of Object.entries(storages)) {
    entries[`${folder}data/${key}`] = bytes;
  }
  return zipSync(entries, { level });
}

/** A file as torch.save wrote it before the zip format. */
export function torchLegacy(
  pickle: Uint8Array,
  storages: Readonly<
    Record<string, { readonly length: number; readonly bytes: Uint8Array }>
  >,
): Uint8Array {
  const magic = [0x6c, 0xfc, 0x9c, 0x46, 0xf9, 0x20, 0x6a, 0xa8, 0x50, 0x19];
  return concat([
    handPickle([0x80, 2, 0x8a, 10], magic, "."),
    handPickle([0x80, 2], "M", [0xe9, 3], "."),
    handPickle([0x80, 2], pickledDict({ little_endian: [0x88] }), "."),
    pickle,
    handPickle(
      [0x80, 2],
      "](",
      ...Object.keys(storages).map(pickledText),
      "e.",
    ),
    ...Object.values(storages).flatMap((
      { length, bytes },
    ) => [handPickle(u64(length)), bytes]),
  ]);
}

/** Float32 values as bytes. */
export function floatBytes(...values: number[]): Uint8Array {
  return new Uint8Array(new Float32Array(values).buffer);
}
