import { defineKernel, type Kernel } from "../kernel.ts";
import { shaders } from "../shaders.ts";

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
