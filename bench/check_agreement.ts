import { cannot } from "../src/errors/cannot.ts";
import type { Precision } from "../src/kernels/wgsl/specialize.ts";

// Relative to the largest value. Wide: goldens test correctness, this only that all do the same work.
const TOLERANCES: Record<Precision, number> = { f32: 1e-3, f16: 5e-2 };

/**
 * Compares a peer's result with this library's results in each precision.
 *
 * @throws {RangeError} If they differ.
 */
export function checkAgreement(
  results: ReadonlyMap<Precision, Float32Array>,
  { result, precision, peer }: {
    readonly result: Float32Array;
    readonly precision: Precision;
    readonly peer: string;
  },
): void {
  for (const [ownPrecision, own] of results) {
    const coarse = precision === "f16" ? precision : ownPrecision;
    const limit = TOLERANCES[coarse];
    let difference = own.length === result.length ? 0 : Infinity;
    let largest = 0;
    for (let i = 0; i < result.length; i++) {
      largest = Math.max(largest, Math.abs(result[i]));
      const d = Math.abs(own[i] - result[i]);
      if (!(d <= difference)) difference = Number.isNaN(d) ? Infinity : d;
    }
    if (!(difference <= limit * largest)) {
      throw cannot(
        "compare speeds",
        `results must agree within ${limit} of the largest value, ${largest}, ` +
          `received a difference of ${difference} (${ownPrecision}, and ${precision} of ${peer})`,
        { kind: RangeError },
      );
    }
  }
}
