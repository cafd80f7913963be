import { assert } from "@std/assert";
import type { Precision } from "../../src/kernels/wgsl/specialize.ts";
import { maxDifference, maxMagnitude } from "./golden.ts";

/**
 * What a kernel's result may differ from a reference that was computed in 64 bits from the same operands, relative to the
 * largest value. In f32 sums of a few hundred products err by some units of 2^-24. With f16 storage the one more step is the
 * rounding of the result, which moves it by at most 2^-11 of itself, or 2^-10 where a driver truncates.
 */
export const kernelTolerance: Readonly<Record<Precision, number>> = {
  f32: 2e-6,
  f16: 2 ** -10,
};

/** Asserts that no value differs by more than `tolerance` times the largest expected one. */
export function assertClose(
  actual: ArrayLike<number>,
  expected: ArrayLike<number>,
  { tolerance, name = "values" }: {
    readonly tolerance: number;
    readonly name?: string;
  },
): void {
  const limit = tolerance * maxMagnitude(expected);
  const difference = maxDifference(actual, expected);
  assert(
    difference <= limit,
    `${name}: largest difference ${difference}, allowed ${limit}`,
  );
}
