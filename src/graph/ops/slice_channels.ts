import { sliceChannels as kernel } from "../../kernels/backward/layers.ts";
import { defineOp, isNonNegative } from "../op.ts";
import { planesOf, type Tensor } from "../tensor.ts";

interface SliceChannelsNode extends Tensor {
  readonly start: number;
}

const sliceChannelsOp = defineOp<SliceChannelsNode>({
  name: "slice_channels",
  lower(node, { precision }) {
    const { inputs: [input], shape: [batch, channels], start } = node;
    const program = kernel.program({
      batch,
      channels,
      start,
      inputChannels: input.shape[1],
      pixels: planesOf(node).pixels,
    }, precision);
    return [{ program, tensors: { input } }];
  },
  onnx: ({ start, shape }) => [{
    operator: "Slice",
    constants: [
      { role: "starts", values: [BigInt(start)] },
      { role: "ends", values: [BigInt(start + shape[1])] },
      { role: "axes", values: [1n] },
    ],
  }],
  nonNegative: ({ inputs }) => inputs.every(isNonNegative),
  padsWithZeros: () => true,
});

/** A range of a tensor's channels. */
export function sliceChannels(
  input: Tensor,
  { start, channels }: { readonly start: number; readonly channels: number },
): Tensor {
  const [batch, , height, width] = input.shape;
  return sliceChannelsOp.node({
    inputs: [input],
    shape: [batch, channels, height, width],
    start,
  });
}
