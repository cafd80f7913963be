/**
 * Layers and graphs.
 *
 * @module
 */

export { buildGraph, type Graph, parametersOf } from "./graph.ts";
export type {
  ComputedDerivation,
  Derivation,
  Op,
  Parameter,
  Shape,
  Tensor,
  WeightNormDerivation,
} from "./tensor.ts";
export { add } from "./ops/add.ts";
export {
  batchNorm,
  type BatchNormNode,
  type BatchNormOptions,
} from "./ops/batch_norm.ts";
export { concat } from "./ops/concat.ts";
export { conv2d, type Conv2dNode, type Conv2dOptions } from "./ops/conv2d.ts";
export { dropout2d, type Dropout2dNode } from "./ops/dropout2d.ts";
export { globalMaxPool } from "./ops/global_max_pool.ts";
export { leakyRelu, type LeakyReluOptions } from "./ops/leaky_relu.ts";
export {
  maxPool2d,
  type MaxPool2dNode,
  type MaxPool2dOptions,
} from "./ops/max_pool2d.ts";
export { pixelShuffle, type PixelShuffleNode } from "./ops/pixel_shuffle.ts";
export { relu, sigmoid } from "./ops/activation.ts";
export {
  resizeBilinear,
  type ResizeBilinearOptions,
} from "./ops/resize_bilinear.ts";
export type { RewriteName } from "./optimize_graph.ts";
export type { Normalization } from "../kernels/tile.ts";
export type { Precision } from "../kernels/wgsl/specialize.ts";
