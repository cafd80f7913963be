import { defineKernel, type Kernel } from "../kernel.ts";
import { shaders } from "../shaders.ts";

/** What {@linkcode add} needs to know of its operands. */
export interface AddParams {
  /** Batch times blocks of four channels. */
  readonly planes: number;
  /** Pixels of a plane. */
  readonly pixels: number;
  /** Whether negative sums become zero. */
  readonly relu: boolean;
}

/** Sum of two tensors of one shape; shader `elementwise/add.wgsl`. */
export const add: Kernel<AddParams> = defineKernel({
  name: "add",
  source: shaders.add,
  constants: ({ pixels, relu }: AddParams) => ({ pixels, relu }),
  workgroups: ({ planes, pixels }) => [Math.ceil(pixels / 256), planes, 1],
});
