import { blocksOf, type Conv2dParams, epilogueConstants } from "./conv2d.ts";
import { defineKernel, type Kernel, valueFormula } from "../kernel.ts";
import { shaders } from "../shaders.ts";

/** Parameters of {@linkcode conv2dPatch}: a 3×3 convolution of one input with stride and dilation 1. */
export interface Conv2dPatchParams extends Omit<Conv2dParams, "tiling"> {
  /** Whether threads of a subgroup of 8 share the loads of weights. */
  readonly broadcast: boolean;
}

const LANES = 8;
const ROWS = 8;

/** 3×3 convolution whose threads hold patches of the input, for few channels per group; shader `conv/conv2d_patch.wgsl`. */
export const conv2dPatch: Kernel<Conv2dPatchParams> = defineKernel<
  Conv2dPatchParams
>({
  name: "conv2d_patch",
  source: shaders.conv2dPatch,
  constants(params: Conv2dPatchParams) {
    const spread = params.broadcast ? LANES : 1;
    return {
      lanes: LANES,
      rows: ROWS,
      spread,
      weights: Math.ceil(36 / spread),
      broadcast: params.broadcast,
      ...epilogueConstants(params),
    };
  },
  formula: valueFormula,
  shape({ inputChannels: [inputs], outputChannels, groups, ...params }) {
    const [height, width] = params.outputSize;
    return {
      input_blocks: blocksOf(inputs) / groups,
      output_blocks: blocksOf(outputChannels),
      group_outputs: blocksOf(outputChannels / groups),
      input_height: params.inputSize[0],
      input_width: params.inputSize[1],
      output_height: height,
      output_width: width,
      padding: params.padding,
      tiles_across: Math.ceil(width / 4),
      tiles: Math.ceil(height / 4) * Math.ceil(width / 4),
    };
  },
  workgroups({ outputSize: [height, width], outputChannels, batch }) {
    const tiles = Math.ceil(height / 4) * Math.ceil(width / 4);
    return [
      Math.ceil(tiles / LANES),
      Math.ceil(blocksOf(outputChannels) / ROWS),
      batch,
    ];
  },
});
