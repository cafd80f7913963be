import type { NodeBase, Tensor } from "../tensor.ts";

/** How {@linkcode batchNorm} normalises. */
export interface BatchNormOptions {
  /** The layer's name; its parameters are `name.weight`, `.bias`, `.running_mean` and `.running_var`. */
  readonly name: string;
  /** Added to the variance; 1e-5 without it. */
  readonly epsilon?: number;
  /** Share of a batch in the running statistics, in training; 0.1 without it. */
  readonly momentum?: number;
}

/** Batch normalisation in a graph. */
export interface BatchNormNode extends NodeBase {
  /** Which layer. */
  readonly op: "batch_norm";
  /** Added to the variance. */
  readonly epsilon: number;
  /** Share of a batch in the running statistics, in training. */
  readonly momentum: number;
  /** Whether the second of `inputs`, of the result's shape, is added before a ReLU; set by training's rewrite. */
  readonly residual: boolean;
  /** Whether negative results become zero; set by a rewrite. */
  readonly relu: boolean;
}

/** Batch normalisation, PyTorch's `nn.BatchNorm2d` (Ioffe, Szegedy 2015, arXiv 1502.03167): each channel by its statistics. */
export function batchNorm(
  input: Tensor,
  { name, epsilon = 1e-5, momentum = 0.1 }: BatchNormOptions,
): BatchNormNode {
  const shape = [input.shape[1]];
  return {
    op: "batch_norm",
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
    residual: false,
    relu: false,
  };
}
