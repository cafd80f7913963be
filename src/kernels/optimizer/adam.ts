import { defineKernel, type Kernel } from "../kernel.ts";
import { shaders } from "../shaders.ts";

/** What {@linkcode adam} needs to know of its operands. */
export interface AdamParams {
  /** Parameters, in vectors of four. */
  readonly vectors: number;
  /** Whether a copy in the storage's precision is kept up to date. */
  readonly stored: boolean;
}

const THREADS = 256; // of a workgroup

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
