import { defineKernel, type Kernel } from "../kernel.ts";
import { shaders } from "../shaders.ts";

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
