import { cannot } from "../errors/cannot.ts";
import {
  doubles,
  fail,
  fieldsOf,
  floats,
  integers,
  part,
  text,
} from "./wire.ts";

/** A tensor of a file: sizes, and values as numbers. */
export interface OnnxTensor {
  readonly dims: readonly number[];
  /** ONNX's number of the type: 1 float, 6 int32, 7 int64, 9 bool, 10 float16, 11 double. */
  readonly type: number;
  /** The values; 64-bit integers as numbers. */
  readonly values: Float32Array | Float64Array;
}

/** Bytes of a value of each type that is read. */
const SIZES: Readonly<Record<number, number>> = {
  ...{ 1: 4, 2: 1, 3: 1, 6: 4, 7: 8, 9: 1, 10: 2, 11: 8 },
};

/**
 * Reads a tensor and its name.
 *
 * @throws {SyntaxError} If it is damaged.
 * @throws {TypeError} If its values are in another file, or not numbers.
 */
export function readTensor(
  bytes: Uint8Array<ArrayBuffer>,
): OnnxTensor & { readonly name: string } {
  const dims: number[] = [];
  const listed: number[] = [];
  let raw: Uint8Array<ArrayBuffer> | undefined;
  let [name, type] = ["", 0];
  for (const { field, wire, value } of fieldsOf(bytes)) {
    if (field === 1) {
      dims.push(...(wire === 2 ? integers(part(value)) : [Number(value)]));
    }
    if (field === 2) type = Number(value);
    if (field === 4) {
      for (const one of floats(part(value))) listed.push(one);
    }
    if (field === 5 || field === 7) {
      const some = wire === 2 ? integers(part(value)) : [Number(value)];
      for (const one of some) listed.push(one);
    }
    if (field === 8) name = text(value);
    if (field === 9) raw = part(value);
    if (field === 10) {
      for (const one of doubles(part(value))) listed.push(one);
    }
    if (field === 13 || (field === 14 && Number(value) === 1)) {
      throw cannot(
        "read an ONNX file",
        `the values of "${name}" are in another file: save the network with its weights in one file`,
        { kind: TypeError },
      );
    }
  }
  const size = SIZES[type];
  if (size === undefined) {
    throw cannot(
      "read an ONNX file",
      `the values of "${name}" are of a type that is not read`,
      {
        received: type,
        kind: TypeError,
      },
    );
  }
  const count = dims.reduce((product, dim) => product * dim, 1);
  const values = raw
    ? decode(raw, type)
    : Float64Array.from(listed, (one) => type === 10 ? halfOf(one) : one);
  if (!dims.every((dim) => dim >= 0) || count !== values.length) {
    throw fail(
      `"${name}" has ${values.length} values, but its shape is ${
        dims.join("×")
      }`,
    );
  }
  return {
    name,
    dims,
    type,
    values: type === 1 && !(values instanceof Float32Array)
      ? Float32Array.from(values)
      : values,
  };
}

function halfOf(bits: number): number {
  return new Float16Array(Uint16Array.of(bits).buffer)[0];
}

/** Little-endian values. */
function decode(
  raw: Uint8Array<ArrayBuffer>,
  type: number,
): Float32Array | Float64Array {
  const size = SIZES[type];
  if (raw.length % size !== 0) throw fail("a weight's bytes are cut short");
  const aligned = raw.byteOffset % size === 0 ? raw : raw.slice();
  const { buffer, byteOffset } = aligned;
  const length = raw.length / size;
  if (type === 1) return new Float32Array(buffer, byteOffset, length);
  if (type === 10) {
    return Float32Array.from(new Float16Array(buffer, byteOffset, length));
  }
  if (type === 11) return new Float64Array(buffer, byteOffset, length);
  if (type === 6) {
    return Float64Array.from(new Int32Array(buffer, byteOffset, length));
  }
  if (type === 7) {
    const whole = new BigInt64Array(buffer, byteOffset, length);
    return Float64Array.from(whole, Number);
  }
  return Float64Array.from(
    type === 3 ? new Int8Array(buffer, byteOffset, length) : aligned,
  );
}
