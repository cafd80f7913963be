import { globalMaxPool as kernel } from "../../kernels/pool.ts";
import { defineOp, isNonNegative } from "../op.ts";
import { planesOf, type Tensor } from "../tensor.ts";

/** Maximum over all pixels. */
export const globalMaxPoolOp = defineOp({
  name: "global_max_pool",
  lower({ inputs: [input] }, { precision }) {
    const program = kernel.program(planesOf(input), precision);
    return [{ program, tensors: { input } }];
  },
  onnx: () => [{ operator: "GlobalMaxPool" }],
  nonNegative: ({ inputs }) => inputs.every(isNonNegative),
});

/**
 * Maximum over all pixels of each channel, from N×C×H×W to N×C×1×1.
 *
 * @category Layers
 */
export function globalMaxPool(input: Tensor): Tensor {
  const [batch, channels] = input.shape;
  const shape = [batch, channels, 1, 1] as const;
  return globalMaxPoolOp.node({ inputs: [input], shape });
}
