import { defineKernel, type Kernel } from "../kernel.ts";
import { shaders } from "../shaders.ts";

/** What {@linkcode sumPartials} needs to know of its operands. */
export interface SumPartialsParams {
  /** Terms of each sum. */
  readonly partials: number;
  /** Vectors of four floats in a term. */
  readonly vectors: number;
  /** Whether the sums are added to what `output` holds. */
  readonly accumulate: boolean;
}

const THREADS = 64;
const MOST = 32768; // workgroups along x; WebGPU allows 65535

/** Sums that were taken in parts, always in the same order; shader `backward/sum_partials.wgsl`. */
export const sumPartials: Kernel<SumPartialsParams> = defineKernel({
  name: "sum_partials",
  source: shaders.sumPartials,
  constants: ({ partials, vectors, accumulate }: SumPartialsParams) => ({
    partials,
    vectors,
    accumulate,
  }),
  workgroups({ vectors }) {
    const groups = Math.ceil(vectors / THREADS);
    return [Math.min(groups, MOST), Math.ceil(groups / MOST), 1];
  },
});
