import { blocksOf } from "../../kernels/conv/conv2d.ts";
import { batchMoments } from "../../kernels/norm.ts";
import {
  channelMean as channelKernel,
  channelSoftmax as softmaxKernel,
  planeMean as planeKernel,
} from "../../kernels/pointwise.ts";
import { defineOp, isNonNegative, type Operation } from "../op.ts";
import { planesOf, type Tensor } from "../tensor.ts";

/** Mean over the pixels of each channel. */
const globalAveragePoolOp = defineOp({
  name: "global_average_pool",
  lower(node, { precision }): readonly Operation[] {
    const { inputs: [input], shape: [batch, channels] } = node;
    const blocks = blocksOf(channels);
    const { pixels } = planesOf(input);
    const moments = { size: batch * blocks * 32 };
    return [
      {
        program: batchMoments.program({ batch, blocks, pixels }, precision),
        tensors: { input },
        scratch: { output: moments },
      },
      {
        program: planeKernel.program({ planes: batch * blocks }, precision),
        tensors: {},
        scratch: { moments },
      },
    ];
  },
  onnx: () => [{ operator: "GlobalAveragePool" }],
  nonNegative: ({ inputs }) => inputs.every(isNonNegative),
});

/** Mean over the pixels of each channel, as 1×1 pixels: PyTorch's `nn.AdaptiveAvgPool2d(1)`. */
export function globalAveragePool(input: Tensor): Tensor {
  const [batch, channels] = input.shape;
  return globalAveragePoolOp.node({
    inputs: [input],
    shape: [batch, channels, 1, 1],
  });
}

/** Mean over the channels of each pixel. */
const channelMeanOp = defineOp({
  name: "channel_mean",
  lower({ inputs: [input] }, { precision }) {
    const [batch, channels] = input.shape;
    const { pixels } = planesOf(input);
    const program = channelKernel
      .program({ batch, channels, pixels }, precision);
    return [{ program, tensors: { input } }];
  },
  onnx: () => [{
    operator: "ReduceMean",
    attributes: { axes: [1], keepdims: 1 },
  }],
  nonNegative: ({ inputs }) => inputs.every(isNonNegative),
  padsWithZeros: () => true,
});

/** Mean over the channels of each pixel, as one channel. */
export function channelMean(input: Tensor): Tensor {
  const [batch, , height, width] = input.shape;
  return channelMeanOp.node({
    inputs: [input],
    shape: [batch, 1, height, width],
  });
}

/** Softmax over the channels of each pixel. */
export const channelSoftmaxOp = defineOp({
  name: "channel_softmax",
  lower({ inputs: [input], shape: [batch, channels] }, { precision }) {
    const { pixels } = planesOf(input);
    const program = softmaxKernel
      .program({ batch, channels, pixels }, precision);
    return [{ program, tensors: { input } }];
  },
  onnx: () => [{ operator: "Softmax", attributes: { axis: 1 } }],
  nonNegative: () => true,
  padsWithZeros: () => true,
});

/** `exp(x) / Σ exp(x)` over the channels of each pixel: PyTorch's `nn.Softmax(dim=1)`. */
export function channelSoftmax(input: Tensor): Tensor {
  return channelSoftmaxOp.node({ inputs: [input], shape: input.shape });
}
