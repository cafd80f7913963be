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
  /** Sizes, outermost first; empty for a scalar. */
  readonly shape: readonly number[];
  /** Element type of {@linkcode data}. */
  readonly dtype: TensorDtype;
  /** The raw bytes; usually a view of the file's own bytes, at any alignment. */
  readonly data: Uint8Array;
}

/** Tensors by their state-dict keys, in the file's order. */
export type StateDict = ReadonlyMap<string, TensorData>;

/** Bytes an element takes, by dtype. */
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
