import { cannot } from "../../errors/cannot.ts";
import { unfused } from "../../graph/fused/fused_node.ts";
import type { Epilogue } from "../../graph/op.ts";
import type { Tensor } from "../../graph/tensor.ts";
import { activation } from "./activation.ts";
import { add } from "./add.ts";
import { batchNorm } from "./batch_norm.ts";
import { concat } from "./concat.ts";
import { conv2d } from "./conv2d.ts";
import { dropout2d } from "./dropout2d.ts";
import { globalMaxPool } from "./global_max_pool.ts";
import { maxPool2d } from "./max_pool2d.ts";
import { pixelShuffle } from "./pixel_shuffle.ts";
import { resizeBilinear } from "./resize_bilinear.ts";
import type { TrainingOp } from "./training_op.ts";

/** All layers that have a gradient. */
const OPS: readonly TrainingOp<Tensor>[] = [
  activation,
  add,
  batchNorm,
  concat,
  conv2d,
  dropout2d,
  globalMaxPool,
  maxPool2d,
  pixelShuffle,
  resizeBilinear,
];

/** Training of a layer's op. `undefined` if it has no gradient, as a graph's input. */
export function trainingOp(layer: Tensor): TrainingOp<Tensor> | undefined {
  return OPS.find((op) => op.is(layer));
}

/** A node's layer as it was built, the epilogue that is fused into it, and its training. */
export function trainedLayer(node: Tensor): {
  readonly op: TrainingOp<Tensor>;
  readonly layer: Tensor;
  readonly epilogue: Epilogue;
} {
  const { base: layer, epilogue } = unfused(node);
  const op = trainingOp(layer);
  if (!op) {
    throw cannot(
      `train layer "${node.name}"`,
      `${layer.op.name} has no gradient`,
      { kind: TypeError },
    );
  }
  return { op, layer, epilogue };
}
