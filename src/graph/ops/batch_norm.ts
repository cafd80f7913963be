import { blocksOf } from "../../kernels/conv/conv2d.ts";
import { batchNorm as kernel } from "../../kernels/norm.ts";
import { type Affine, affineConstant, defineOp } from "../op.ts";
import type { Parameter, Tensor } from "../tensor.ts";

/**
 * Options for {@linkcode batchNorm}.
 *
 * @category Layer types
 */
export interface BatchNormOptions {
  /** The layer's name; its parameters are `name.weight`, `.bias`, `.running_mean` and `.running_var`. */
  readonly name: string;
  /** Added to the variance. Default: 1e-5. */
  readonly epsilon?: number;
  /** Weight of a batch in the running statistics, in training. Default: 0.1. */
  readonly momentum?: number;
}

/**
 * Batch normalization in a graph.
 *
 * @category Layer types
 */
export interface BatchNormNode extends Tensor {
  /** Added to the variance. */
  readonly epsilon: number;
  /** Weight of a batch in the running statistics, in training. */
  readonly momentum: number;
}

/** Batch normalization. */
export const batchNormOp = defineOp<BatchNormNode>({
  name: "batch_norm",
  fuses: ["residual", "relu"],
  lower(node, { precision }, { residual, relu }) {
    const [batch, channels, height, width] = node.shape;
    const program = kernel.program({
      batch,
      blocks: blocksOf(channels),
      pixels: height * width,
      relu,
      residual: residual !== undefined,
    }, precision);
    const [input] = node.inputs;
    return [{
      program,
      tensors: { input, ...residual && { residual } },
      constants: { affine: affineConstant(affineOf(node)) },
    }];
  },
  constants: (node) => [affineConstant(affineOf(node))],
  onnx({ epsilon, parameters: { weight, bias, mean, variance } }) {
    return [{
      operator: "BatchNormalization",
      constants: [weight, bias, mean, variance],
      attributes: { epsilon: { float: epsilon } },
    }];
  },
  padsWithZeros: () => true,
});

/** Scale and shift of a batch norm with running statistics, as derived parameters. */
export function affineOf(node: BatchNormNode): Affine {
  const { weight, bias, mean, variance } = node.parameters;
  const scaleOf = (w: number, v: number) => w / Math.sqrt(v + node.epsilon);
  const scale: Parameter = {
    name: `${node.name}.scale`,
    shape: weight.shape,
    derived: {
      rule: "computed",
      sources: [weight, variance],
      compute: (w, v) => w.map((_, i) => scaleOf(w[i], v[i])),
    },
  };
  const shift: Parameter = {
    name: `${node.name}.shift`,
    shape: weight.shape,
    derived: {
      rule: "computed",
      sources: [weight, bias, mean, variance],
      compute: (w, b, m, v) =>
        w.map((_, i) => b[i] - m[i] * scaleOf(w[i], v[i])),
    },
  };
  return { scale, shift };
}

/**
 * Batch normalization of each channel, PyTorch's `nn.BatchNorm2d` (Ioffe, Szegedy 2015, arXiv 1502.03167).
 *
 * @category Layers
 */
export function batchNorm(
  input: Tensor,
  { name, epsilon = 1e-5, momentum = 0.1 }: BatchNormOptions,
): BatchNormNode {
  const shape = [input.shape[1]];
  return batchNormOp.node({
    name,
    inputs: [input],
    shape: input.shape,
    parameters: {
      weight: { name: `${name}.weight`, shape },
      bias: { name: `${name}.bias`, shape },
      mean: { name: `${name}.running_mean`, shape },
      variance: { name: `${name}.running_var`, shape },
    },
    epsilon,
    momentum,
  });
}
