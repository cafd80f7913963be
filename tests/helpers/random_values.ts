import type { Precision } from "../../src/kernels/wgsl/specialize.ts";
import { elementCount } from "../../src/weights/tensor_data.ts";
import { uniform } from "./synthetic_weights.ts";

/** What {@linkcode randomValues} makes. */
export interface RandomValuesOptions {
  /** Values that this storage holds exactly, so that a reference reads what the GPU reads. Default: f32. */
  readonly precision?: Precision;
}

/** Seeded values in -1..1 for a tensor of a shape. */
export function randomValues(
  shape: readonly number[],
  key: string,
  { precision = "f32" }: RandomValuesOptions = {},
): Float32Array {
  const values = Float32Array.from(
    uniform(key, elementCount(shape)),
    (u) => 2 * u - 1,
  );
  return precision === "f16" ? values.map(Math.f16round) : values;
}
