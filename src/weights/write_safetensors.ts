import { cannot } from "../errors/cannot.ts";
import {
  elementBytes,
  elementCount,
  type StateDict,
  type TensorDtype,
} from "./tensor_data.ts";

const names: Readonly<Record<TensorDtype, string>> = {
  f32: "F32",
  f64: "F64",
  f16: "F16",
  bf16: "BF16",
  i64: "I64",
  i32: "I32",
  i16: "I16",
  i8: "I8",
  u8: "U8",
  bool: "BOOL",
};

/**
 * Writes a safetensors file, with optional metadata. Tensors of wider elements come first, so that all are aligned;
 * tensors of equal width keep their order.
 *
 * Source: https://github.com/huggingface/safetensors#format.
 *
 * @throws {RangeError} If a tensor's bytes do not fill its shape, or its key is `__metadata__`.
 *
 * @example
 * ```ts
 * import { writeSafetensors } from "@tilewise/tilewise/weights";
 *
 * const values = new Float32Array([1, 2]);
 * const weight = { shape: [2], dtype: "f32", data: new Uint8Array(values.buffer) } as const;
 * const file = writeSafetensors(new Map([["weight", weight]]), { epoch: "7" });
 * console.assert(file.length > 8);
 * ```
 */
export function writeSafetensors(
  tensors: StateDict,
  metadata?: Readonly<Record<string, string>>,
): Uint8Array<ArrayBuffer> {
  const sorted = [...tensors].sort(([, a], [, b]) =>
    elementBytes[b.dtype] - elementBytes[a.dtype]
  );
  const header: [string, unknown][] = metadata
    ? [["__metadata__", metadata]]
    : [];
  let position = 0;
  for (const [key, { shape, dtype, data }] of sorted) {
    const size = elementCount(shape) * elementBytes[dtype];
    const wrong = size !== data.byteLength
      ? `must fill its shape (${data.byteLength} bytes for ${dtype} [${shape}])`
      : key === "__metadata__"
      ? "must have another name, which safetensors reserves"
      : undefined;
    if (wrong) {
      throw cannot(
        "write safetensors file",
        `tensor ${JSON.stringify(key)} ${wrong}`,
        { kind: RangeError },
      );
    }
    header.push([key, {
      dtype: names[dtype],
      shape,
      data_offsets: [position, position + size],
    }]);
    position += size;
  }
  const json = new TextEncoder().encode(
    JSON.stringify(Object.fromEntries(header)),
  );
  const headerLength = Math.ceil(json.length / 8) * 8;
  const file = new Uint8Array(8 + headerLength + position);
  new DataView(file.buffer).setBigUint64(0, BigInt(headerLength), true);
  file.fill(0x20, 8, 8 + headerLength);
  file.set(json, 8);
  position = 8 + headerLength;
  for (const [, { data }] of sorted) {
    file.set(data, position);
    position += data.byteLength;
  }
  return file;
}
