import { defineKernel, type Kernel } from "./kernel.ts";
import { shaders } from "./shaders.ts";

const THREADS = 256; // per workgroup

/** Parameters of {@linkcode prepareUpdate}. */
export interface PrepareUpdateParams {
  /** Number of partial sums of squares. */
  readonly length: number;
  /** Whether the loss scale adapts. */
  readonly dynamic: boolean;
}

/** Computes the global norm and the factors of Adam's update; shader `optimizer/prepare_update.wgsl`. */
export const prepareUpdate: Kernel<PrepareUpdateParams> = defineKernel({
  name: "prepare_update",
  source: shaders.prepareUpdate,
  constants: ({ length, dynamic }: PrepareUpdateParams) => ({
    length,
    dynamic,
  }),
  workgroups: () => [1, 1, 1],
});

/** Parameters of {@linkcode sumSquares}. */
export interface SumSquaresParams {
  /** Number of vectors of four values. */
  readonly vectors: number;
  /** Index of the first partial sum to write. */
  readonly first: number;
}

/** Number of workgroups of {@linkcode sumSquares}, which is also that of its partial sums. */
export function squaresWorkgroups(vectors: number): number {
  return Math.ceil(vectors / (THREADS * SHARE));
}

const SHARE = 64; // vectors per thread

/** Partial sums of squares; shader `optimizer/sum_squares.wgsl`. */
export const sumSquares: Kernel<SumSquaresParams> = defineKernel({
  name: "sum_squares",
  source: shaders.sumSquares,
  constants: () => ({ share: SHARE }),
  shape: ({ vectors, first }: SumSquaresParams) => ({ vectors, first }),
  workgroups: ({ vectors }) => [squaresWorkgroups(vectors), 1, 1],
});

/** Parameters of {@linkcode adam}. */
export interface AdamParams {
  /** Number of vectors of four parameters. */
  readonly vectors: number;
  /** Whether a copy in storage precision is updated, too. */
  readonly stored: boolean;
}

/** One update of Adam; shader `optimizer/adam.wgsl`. */
export const adam: Kernel<AdamParams> = defineKernel({
  name: "adam",
  source: shaders.adam,
  constants: ({ vectors, stored }: AdamParams) => ({
    vectors,
    ragged: vectors % THREADS > 0,
    has_stored: stored,
  }),
  workgroups: ({ vectors }) => [Math.ceil(vectors / THREADS), 1, 1],
});

/** Parameters of {@linkcode addTo}. */
export interface AddToParams {
  /** Number of vectors of four values. */
  readonly vectors: number;
}

/** Adds values to a sum in place; shader `optimizer/add_to.wgsl`. */
export const addTo: Kernel<AddToParams> = defineKernel({
  name: "add_to",
  source: shaders.addTo,
  constants: ({ vectors }: AddToParams) => ({ vectors }),
  workgroups: ({ vectors }) => [Math.ceil(vectors / 256), 1, 1],
});
