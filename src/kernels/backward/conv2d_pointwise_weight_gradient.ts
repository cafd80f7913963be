import {
  type Conv2dWeightGradientParams,
  walk,
  weightGradientGrid,
} from "./conv2d_weight_gradient.ts";
import { defineKernel, type Kernel } from "../kernel.ts";
import { shaders } from "../shaders.ts";

/**
 * Gradient of a 1×1 convolution without stride by its weight, where tilings are `paired`; shader
 * `backward/conv2d_pointwise_weight_gradient.wgsl`.
 */
export const conv2dPointwiseWeightGradient: Kernel<Conv2dWeightGradientParams> =
  defineKernel({
    name: "conv2d_pointwise_weight_gradient",
    source: shaders.conv2dPointwiseWeightGradient,
    constants({ tiling, accumulate }: Conv2dWeightGradientParams) {
      const { lanes, tiles, results, inputs, broadcast, splits } = tiling;
      const spread = broadcast ? lanes : 1;
      return {
        lanes,
        tiles,
        results,
        inputs,
        spread,
        loads: Math.ceil(inputs / spread),
        broadcast,
        accumulate: accumulate && splits === 1,
      };
    },
    shape(params) {
      const { output_blocks, group_outputs, group_inputs, rows, split_rows } =
        weightGradientGrid.shape(params);
      const [height, width] = walk(params);
      return {
        output_blocks,
        group_outputs,
        group_inputs,
        plane: height * width / 2,
        row: width / 2,
        rows,
        split_rows,
      };
    },
    workgroups: weightGradientGrid.workgroups,
  });
