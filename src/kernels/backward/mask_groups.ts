import { blocksOf } from "../conv/conv2d.ts";
import { defineKernel, type Kernel } from "../kernel.ts";
import type { WeightShape } from "../pack_weights.ts";
import { shaders } from "../shaders.ts";

/** What {@linkcode maskGroups} needs to know of its operand. */
export interface MaskGroupsParams {
  /** The weight's sizes as it is stored. */
  readonly shape: WeightShape;
  /** Groups whose channels do not see each other. */
  readonly groups: number;
}

/** Zeros between the groups of a weight's gradient that is stored dense; shader `backward/mask_groups.wgsl`. */
export const maskGroups: Kernel<MaskGroupsParams> = defineKernel({
  name: "mask_groups",
  source: shaders.maskGroups,
  constants: ({ shape, groups }: MaskGroupsParams) => ({
    vectors: vectorsOf(shape),
    block_vectors: vectorsOf(shape) / blocksOf(shape.outputs),
    input_blocks: blocksOf(shape.inputs),
    group_outputs: shape.outputs / groups,
    group_inputs: shape.inputs / groups,
  }),
  workgroups: ({ shape }) => [Math.ceil(vectorsOf(shape) / 64), 1, 1],
});

function vectorsOf(
  { outputs, inputs, kernel: [height, width] }: WeightShape,
): number {
  return blocksOf(outputs) * blocksOf(inputs) * height * width * 4;
}
