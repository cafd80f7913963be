import { cannot, type CannotOptions } from "../errors/cannot.ts";
import { MAX_SAFETENSORS_HEADER, MAX_TENSOR_AXES } from "../io/limits.ts";
import { ByteReader, describeValue } from "./byte_reader.ts";
import {
  elementBytes,
  elementCount,
  type StateDict,
  type TensorData,
  type TensorDtype,
} from "./tensor_data.ts";

const dtypes: ReadonlyMap<unknown, TensorDtype> = new Map<unknown, TensorDtype>(
  [
    ["F32", "f32"],
    ["F64", "f64"],
    ["F16", "f16"],
    ["BF16", "bf16"],
    ["I64", "i64"],
    ["I32", "i32"],
    ["I16", "i16"],
    ["I8", "i8"],
    ["U8", "u8"],
    ["BOOL", "bool"],
  ],
);

interface Entry {
  readonly key: string;
  readonly dtype: TensorDtype;
  readonly shape: number[];
  readonly begin: number;
  readonly end: number;
}

/**
 * Reads a safetensors file. The tensors are views of `bytes`; nothing is copied.
 *
 * Source: https://github.com/huggingface/safetensors#format.
 *
 * @throws {SyntaxError} If the header is damaged or the file is incomplete.
 * @throws {TypeError} If an element type is not one of {@linkcode TensorDtype}.
 * @throws {RangeError} If shapes and byte ranges disagree, overlap, or leave gaps.
 *
 * @example
 * ```ts
 * import { readSafetensors, writeSafetensors } from "@tilewise/tilewise/weights";
 *
 * const bias = { shape: [2], dtype: "u8", data: new Uint8Array([1, 2]) } as const;
 * const file = writeSafetensors(new Map([["bias", bias]]));
 * console.assert(readSafetensors(file).get("bias")?.data[1] === 2);
 * ```
 */
export function readSafetensors(bytes: Uint8Array): StateDict {
  const { header, body } = readHeader(bytes);
  const entries = Object.entries(header)
    .filter(([key]) => key !== "__metadata__")
    .map(([key, value]) => readEntry(key, value));
  entries.sort((a, b) => a.begin - b.begin || a.end - b.end);
  const tensors = new Map<string, TensorData>();
  let position = 0;
  for (const { key, dtype, shape, begin, end } of entries) {
    if (begin !== position || end > body.length) {
      throw unreadable(
        `tensors must fill the ${body.length} bytes of data without gaps or overlaps (${
          describeValue(key)
        } is at ${begin} to ${end}, byte ${position} comes next)`,
        { kind: RangeError },
      );
    }
    tensors.set(key, { shape, dtype, data: body.subarray(begin, end) });
    position = end;
  }
  if (position !== body.length) {
    throw unreadable(
      `tensors must fill the ${body.length} bytes of data (they take ${position})`,
      { kind: RangeError },
    );
  }
  return tensors;
}

/**
 * The metadata of a safetensors file. Empty if there is none.
 *
 * @throws {SyntaxError} If the header is damaged.
 *
 * @example
 * ```ts
 * import { readSafetensorsMetadata, writeSafetensors } from "@tilewise/tilewise/weights";
 *
 * const file = writeSafetensors(new Map(), { epoch: "7" });
 * console.assert(readSafetensorsMetadata(file).epoch === "7");
 * ```
 */
export function readSafetensorsMetadata(
  bytes: Uint8Array,
): Record<string, string> {
  const metadata = readHeader(bytes).header.__metadata__ ?? {};
  if (
    typeof metadata !== "object" || metadata === null ||
    Object.values(metadata).some((value) => typeof value !== "string")
  ) {
    throw unreadable("its metadata must map strings to strings");
  }
  return metadata as Record<string, string>;
}

function readHeader(
  bytes: Uint8Array,
): { header: Record<string, unknown>; body: Uint8Array } {
  const reader = new ByteReader(bytes, "safetensors file");
  const length = reader.u64();
  if (length > MAX_SAFETENSORS_HEADER || length > bytes.length - 8) {
    throw unreadable(
      `the header must fit in the file and in ${MAX_SAFETENSORS_HEADER} bytes (${length} bytes in a file of ${bytes.length})`,
    );
  }
  const text = reader.text(length);
  let header: unknown;
  try {
    header = JSON.parse(text);
  } catch (cause) {
    throw unreadable(
      `the header must be JSON, received ${describeValue(text)}`,
      { cause },
    );
  }
  if (typeof header !== "object" || header === null || Array.isArray(header)) {
    throw unreadable(
      `the header must be a JSON object, received ${describeValue(text)}`,
    );
  }
  return {
    header: header as Record<string, unknown>,
    body: bytes.subarray(8 + length),
  };
}

function readEntry(key: string, value: unknown): Entry {
  const { dtype, shape, data_offsets: offsets } = (value ?? {}) as Record<
    string,
    unknown
  >;
  const tensor = `tensor ${describeValue(key)}`;
  const type = dtypes.get(dtype);
  if (!type) {
    throw unreadable(
      `the type of ${tensor} must be one of ${
        [...dtypes.keys()].join(", ")
      }, received ${describeValue(dtype)}`,
      { kind: TypeError },
    );
  }
  if (!isLengths(shape) || shape.length > MAX_TENSOR_AXES) {
    throw unreadable(
      `${tensor} must have a shape of at most ${MAX_TENSOR_AXES} sizes, received ${
        describeValue(shape)
      }`,
    );
  }
  if (!isLengths(offsets) || offsets.length !== 2) {
    throw unreadable(
      `${tensor} must have two data_offsets, received ${
        describeValue(offsets)
      }`,
    );
  }
  const [begin, end] = offsets;
  const size = elementCount(shape) * elementBytes[type];
  if (end - begin !== size) {
    throw unreadable(
      `${tensor} must fill its shape (${
        end - begin
      } bytes for ${dtype} [${shape}])`,
      { kind: RangeError },
    );
  }
  return { key, dtype: type, shape, begin, end };
}

function unreadable(
  reason: string,
  { kind = SyntaxError, cause }: Pick<CannotOptions, "kind" | "cause"> = {},
): Error {
  return cannot("read safetensors file", reason, { kind, cause });
}

function isLengths(value: unknown): value is number[] {
  return Array.isArray(value) &&
    value.every((item) => Number.isSafeInteger(item) && item >= 0);
}
