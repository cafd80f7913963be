import { cannot } from "../../errors/cannot.ts";
import { blocksOf } from "../../kernels/conv/conv2d.ts";
import {
  planeProduct as productKernel,
  rowSoftmax as softmaxKernel,
} from "../../kernels/attention.ts";
import { defineOp, type OnnxForm } from "../op.ts";
import { formatShape, sizeOf, type Tensor } from "../tensor.ts";

/** A matrix product for each channel. */
const planeProductOp = defineOp({
  name: "plane_product",
  lower(node, { precision }) {
    const { inputs: [a, b], shape: [batch, channels] } = node;
    const program = productKernel.program({
      planes: batch * blocksOf(channels),
      size: sizeOf(node),
      inner: a.shape[3],
    }, precision);
    return [{ program, tensors: { a, b } }];
  },
  flops: ({ inputs: [a], shape }) =>
    2 * a.shape[3] * shape.reduce((x, y) => x * y),
  onnx: () => [{ operator: "MatMul" }],
});

/**
 * The product of the matrices H×K and K×W of each channel, as in attention.
 *
 * @throws {RangeError} If the shapes do not fit.
 */
export function planeProduct(a: Tensor, b: Tensor): Tensor {
  const [batch, channels, height, inner] = a.shape;
  const [, , rows, width] = b.shape;
  if (batch !== b.shape[0] || channels !== b.shape[1] || inner !== rows) {
    throw cannot(
      `build "${a.name}.plane_product"`,
      `the shapes ${formatShape(a.shape)} and ${
        formatShape(b.shape)
      } do not fit`,
      { kind: RangeError },
    );
  }
  return planeProductOp.node({
    inputs: [a, b],
    shape: [batch, channels, height, width],
  });
}

/** A softmax over the rows, or all pixels, of each channel. */
interface PixelSoftmaxNode extends Tensor {
  readonly over: "rows" | "pixels";
}

const pixelSoftmaxOp = defineOp<PixelSoftmaxNode>({
  name: "pixel_softmax",
  lower(node, { precision }) {
    const { inputs: [input], shape: [batch, channels, height, width] } = node;
    const size = node.over === "rows"
      ? { rows: height, count: width }
      : { rows: 1, count: height * width };
    const program = softmaxKernel
      .program({ batch, channels, ...size }, precision);
    return [{ program, tensors: { input } }];
  },
  onnx({ over, shape }): OnnxForm[] {
    const softmax = { operator: "Softmax", attributes: { axis: -1 } };
    if (over === "rows") return [softmax];
    const reshape = (sizes: readonly number[]) => ({
      operator: "Reshape",
      constants: [{ role: "shape", values: sizes.map(BigInt) }],
    });
    return [reshape([0, 0, -1]), softmax, reshape([0, ...shape.slice(1)])];
  },
  nonNegative: () => true,
  padsWithZeros: () => true,
});

/** `exp(x) / Σ exp(x)` over each row of a channel, or over all its pixels. */
export function pixelSoftmax(input: Tensor, over: "rows" | "pixels"): Tensor {
  return pixelSoftmaxOp.node({ inputs: [input], shape: input.shape, over });
}
