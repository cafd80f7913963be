import { readSafetensors } from "../../src/weights/read_safetensors.ts";
import { toFloat32 } from "../../src/weights/tensor_data.ts";

const folder = new URL("../golden/", import.meta.url);

/** One of the golden files: tensors by name. */
export interface Golden {
  /** Names of all tensors. */
  readonly names: readonly string[];
  /** Values as 32-bit floats. */
  values(name: string): Float32Array;
  /** Raw bytes. */
  bytes(name: string): Uint8Array;
  /** Sizes, outermost first. */
  shape(name: string): readonly number[];
}

/** Reads `tests/golden/NAME.safetensors`. */
export function readGolden(name: string): Golden {
  const tensors = readSafetensors(
    Deno.readFileSync(new URL(`${name}.safetensors`, folder)),
  );
  const get = (key: string) => {
    const tensor = tensors.get(key);
    if (!tensor) throw new RangeError(`Cannot find golden ${name}/${key}`);
    return tensor;
  };
  return {
    names: [...tensors.keys()],
    values: (key) => toFloat32(get(key)),
    bytes: (key) => get(key).data,
    shape: (key) => get(key).shape,
  };
}

/** Reads `tests/golden/NAME.json`. */
export function readGoldenJson<T>(name: string): T {
  return JSON.parse(Deno.readTextFileSync(new URL(`${name}.json`, folder)));
}

/** Largest difference of two arrays. */
export function maxDifference(
  a: ArrayLike<number>,
  b: ArrayLike<number>,
): number {
  if (a.length !== b.length) {
    throw new RangeError(`Cannot compare lengths ${a.length} and ${b.length}`);
  }
  let max = 0;
  for (let i = 0; i < a.length; i++) {
    const difference = Math.abs(a[i] - b[i]);
    // A NaN must fail the test, not slip through the comparison.
    if (!(difference <= max)) {
      max = Number.isNaN(difference) ? Infinity : difference;
    }
  }
  return max;
}

/** Largest absolute value. */
export function maxMagnitude(values: ArrayLike<number>): number {
  let max = 0;
  for (let i = 0; i < values.length; i++) {
    max = Math.max(max, Math.abs(values[i]));
  }
  return max;
}

/** Standard deviation. */
export function deviation(values: Float32Array): number {
  let mean = 0;
  for (const value of values) mean += value / values.length;
  let squares = 0;
  for (const value of values) squares += (value - mean) ** 2;
  return Math.sqrt(squares / values.length);
}
