import { defineKernel, type Kernel } from "./kernel.ts";
import { shaders } from "./shaders.ts";

const THREADS = 256; // of a workgroup

/** What {@linkcode prepareUpdate} needs to know. */
export interface PrepareUpdateParams {
  /** Partial sums of squares. */
  readonly length: number;
  /** Whether the loss scale adapts. */
  readonly dynamic: boolean;
}

/** The global norm and what Adam needs of it; shader `optimizer/prepare_update.wgsl`. */
export const prepareUpdate: Kernel<PrepareUpdateParams> = defineKernel({
  name: "prepare_update",
  source: shaders.prepareUpdate,
  constants: ({ length, dynamic }: PrepareUpdateParams) => ({
    length,
    dynamic,
  }),
  workgroups: () => [1, 1, 1],
});

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

const SHARE = 64; // vectors a thread

/** Partial sums of squares; shader `optimizer/sum_squares.wgsl`. */
export const sumSquares: Kernel<SumSquaresParams> = defineKernel({
  name: "sum_squares",
  source: shaders.sumSquares,
  constants: () => ({ share: SHARE }),
  shape: ({ vectors, first }: SumSquaresParams) => ({ vectors, first }),
  workgroups: ({ vectors }) => [squaresWorkgroups(vectors), 1, 1],
});

/** What {@linkcode adam} needs to know of its operands. */
export interface AdamParams {
  /** Parameters, in vectors of four. */
  readonly vectors: number;
  /** Whether a copy in the storage's precision is kept up to date. */
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

/** What {@linkcode addTo} needs to know of its operands. */
export interface AddToParams {
  /** Values, in vectors of four. */
  readonly vectors: number;
}

/** Adds values to a sum in place; shader `optimizer/add_to.wgsl`. */
export const addTo: Kernel<AddToParams> = defineKernel({
  name: "add_to",
  source: shaders.addTo,
  constants: ({ vectors }: AddToParams) => ({ vectors }),
  workgroups: ({ vectors }) => [Math.ceil(vectors / 256), 1, 1],
});
