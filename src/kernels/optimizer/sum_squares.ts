import { defineKernel, type Kernel } from "../kernel.ts";
import { shaders } from "../shaders.ts";

/** What {@linkcode sumSquares} needs to know of its operand. */
export interface SumSquaresParams {
  /** Values, in vectors of four. */
  readonly vectors: number;
  /** Where the partial sums go. */
  readonly first: number;
}

/** Workgroups of {@linkcode sumSquares}, and so its partial sums. */
export function squaresWorkgroups(vectors: number): number {
  return Math.ceil(vectors / (THREADS * SHARE));
}

const THREADS = 256; // of a workgroup
const SHARE = 64; // vectors a thread

/** Partial sums of squares; shader `optimizer/sum_squares.wgsl`. */
export const sumSquares: Kernel<SumSquaresParams> = defineKernel({
  name: "sum_squares",
  source: shaders.sumSquares,
  constants: () => ({ share: SHARE }),
  shape: ({ vectors, first }: SumSquaresParams) => ({ vectors, first }),
  workgroups: ({ vectors }) => [squaresWorkgroups(vectors), 1, 1],
});
