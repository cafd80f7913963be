import { cannot } from "../../errors/cannot.ts";
import {
  pixelShuffle as kernel,
  type PixelShuffleParams,
} from "../../kernels/resize.ts";
import { defineOp, isNonNegative } from "../op.ts";
import { checkIntegers, sizeOf, type Tensor } from "../tensor.ts";

/**
 * A pixel shuffle in a graph.
 *
 * @category Layer types
 */
export interface PixelShuffleNode extends Tensor {
  /** Upscaling factor of height and width. */
  readonly factor: number;
}

/** Rearranges channels into neighboring pixels. */
export const pixelShuffleOp = defineOp<PixelShuffleNode>({
  name: "pixel_shuffle",
  lower(node, { precision }) {
    const [input] = node.inputs;
    const program = kernel.program(pixelShuffleParams(node), precision);
    return [{ program, tensors: { input } }];
  },
  onnx: ({ factor }) => [{
    operator: "DepthToSpace",
    attributes: { blocksize: factor, mode: "CRD" },
  }],
  nonNegative: ({ inputs }) => inputs.every(isNonNegative),
  padsWithZeros: () => true,
});

/** The parameters of the kernel. */
export function pixelShuffleParams(
  { factor, inputs: [input] }: PixelShuffleNode,
): PixelShuffleParams {
  const [batch, inputChannels] = input.shape;
  return { batch, inputChannels, inputSize: sizeOf(input), factor };
}

/**
 * Rearranges channels into neighboring pixels (Shi et al. 2016, arXiv 1609.05158): N×(C·f²)×H×W to N×C×(H·f)×(W·f).
 *
 * @example
 * ```ts
 * import { buildGraph, pixelShuffle } from "@tilewise/tilewise/graph";
 *
 * const graph = buildGraph({ x: [1, 4, 8, 8] }, ({ x }) => ({ y: pixelShuffle(x, { factor: 2 }) }));
 * console.assert(graph.outputs.y.shape.join("×") === "1×1×16×16");
 * ```
 *
 * @throws {RangeError} If the channels are not a multiple of the factor squared.
 *
 * @category Layers
 */
export function pixelShuffle(
  input: Tensor,
  { factor }: { readonly factor: number },
): PixelShuffleNode {
  const [batch, channels, height, width] = input.shape;
  const name = `${input.name}.pixel_shuffle`;
  checkIntegers(`pixel_shuffle "${name}"`, { factor }, { least: 1 });
  if (channels % (factor * factor) !== 0) {
    throw cannot(
      `build pixel_shuffle "${name}"`,
      `the channels must be a multiple of ${factor * factor}`,
      { received: channels, kind: RangeError },
    );
  }
  return pixelShuffleOp.node({
    inputs: [input],
    shape: [
      batch,
      channels / (factor * factor),
      height * factor,
      width * factor,
    ],
    factor,
  });
}
