import { cannot } from "../errors/cannot.ts";

/** Number of elements of a tensor of a shape; 1 for a scalar. */
export function elementCount(shape: readonly number[]): number {
  return shape.reduce((count, size) => count * size, 1);
}

/** Element types that checkpoints may hold. */
export type TensorDtype =
  | "f32"
  | "f64"
  | "f16"
  | "bf16"
  | "i64"
  | "i32"
  | "i16"
  | "i8"
  | "u8"
  | "bool";

/** A tensor as stored in a file: contiguous, row-major, little-endian. */
export interface TensorData {
  /** Sizes, outermost first. Empty for a scalar. */
  readonly shape: readonly number[];
  /** Element type of {@linkcode data}. */
  readonly dtype: TensorDtype;
  /** The raw bytes: usually a view of the file's bytes, at any alignment. */
  readonly data: Uint8Array;
}

/** Tensors by their state-dict keys, in the file's order. */
export type StateDict = ReadonlyMap<string, TensorData>;

/** Bytes per element. */
export const elementBytes: Readonly<Record<TensorDtype, number>> = {
  f32: 4,
  f64: 8,
  f16: 2,
  bf16: 2,
  i64: 8,
  i32: 4,
  i16: 2,
  i8: 1,
  u8: 1,
  bool: 1,
};

let halfTable: Float32Array | undefined;

/** All 65,536 half floats as float32: a lookup is faster than decoding bit by bit. */
function halfs(): Float32Array {
  if (halfTable) return halfTable;
  halfTable = new Float32Array(65536);
  for (let bits = 0; bits < 65536; bits++) {
    const exponent = (bits >> 10) & 31;
    const fraction = bits & 1023;
    const magnitude = exponent === 31
      ? (fraction ? NaN : Infinity)
      : exponent === 0
      ? fraction * 2 ** -24
      : (1 + fraction / 1024) * 2 ** (exponent - 15);
    halfTable[bits] = bits & 0x8000 ? -magnitude : magnitude;
  }
  return halfTable;
}

type Widen = (view: DataView, output: Float32Array) => void;

function each(read: (view: DataView, index: number) => number): Widen {
  return (view, output) => {
    for (let i = 0; i < output.length; i++) output[i] = read(view, i);
  };
}

const widen: Readonly<Record<TensorDtype, Widen>> = {
  f32: each((view, i) => view.getFloat32(4 * i, true)),
  f64: each((view, i) => view.getFloat64(8 * i, true)),
  f16: (view, output) => {
    const table = halfs();
    for (let i = 0; i < output.length; i++) {
      output[i] = table[view.getUint16(2 * i, true)];
    }
  },
  bf16: (view, output) => {
    // bfloat16 is the upper half of a float32.
    const bits = new Uint32Array(output.buffer);
    for (let i = 0; i < bits.length; i++) {
      bits[i] = view.getUint16(2 * i, true) << 16;
    }
  },
  i64: each((view, i) => Number(view.getBigInt64(8 * i, true))),
  i32: each((view, i) => view.getInt32(4 * i, true)),
  i16: each((view, i) => view.getInt16(2 * i, true)),
  i8: each((view, i) => view.getInt8(i)),
  u8: each((view, i) => view.getUint8(i)),
  bool: each((view, i) => view.getUint8(i) ? 1 : 0),
};

/**
 * A tensor's values as float32, row-major: float16 and bfloat16 are widened exactly, float64 and integers are rounded,
 * booleans become 0 and 1. Aligned float32 tensors are not copied: treat the result as read-only.
 *
 * @throws {RangeError} If shape and bytes disagree.
 *
 * @example
 * ```ts
 * import { toFloat32 } from "@tilewise/tilewise/weights";
 *
 * const values = toFloat32({ shape: [2], dtype: "f16", data: new Uint8Array([0, 0x3c, 0, 0xc0]) });
 * console.assert(values[0] === 1 && values[1] === -2);
 * ```
 */
export function toFloat32(tensor: TensorData): Float32Array {
  const { shape, dtype, data } = tensor;
  const length = elementCount(shape);
  if (data.byteLength !== length * elementBytes[dtype]) {
    throw cannot(
      "convert tensor to float32",
      `its bytes must fill its shape (${data.byteLength} bytes for ${dtype} [${shape}])`,
      { kind: RangeError },
    );
  }
  if (dtype === "f32" && data.byteOffset % 4 === 0) {
    return new Float32Array(data.buffer, data.byteOffset, length);
  }
  const output = new Float32Array(length);
  if (dtype === "f32") new Uint8Array(output.buffer).set(data);
  else {widen[dtype](
      new DataView(data.buffer, data.byteOffset, data.byteLength),
      output,
    );}
  return output;
}
