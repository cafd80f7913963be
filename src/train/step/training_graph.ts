import { buildGraph, type Graph } from "../../graph/graph.ts";
import { batchNormOp } from "../../graph/ops/batch_norm.ts";
import { rewriteGraph } from "../../graph/rewrite_graph.ts";
import { fuseRelu, fuseSum } from "../../graph/rewrites/fuse.ts";
import { liftRelu, removeDropout } from "../../graph/rewrites/simplify.ts";
import type { Architecture } from "../../models/architecture.ts";
import type { TrainingStepOptions } from "../training_step.ts";

/**
 * An architecture's graph for training: as it was built, but that ReLUs and sums are part of the layers before them, so that a tensor
 * and what a ReLU leaves of it need not both be kept.
 *
 * @throws {RangeError} where the logits are not one channel of the images' size.
 */
export function trainingGraph(
  { forward, name }: Architecture,
  { batch, height, width, dropout = true }: TrainingStepOptions,
): Graph<"image", "logits"> {
  const built = buildGraph(
    { image: [batch, 3, height, width] },
    ({ image }) => ({ logits: forward(image) }),
  );
  const expected = [batch, 1, height, width].join("×");
  const received = built.outputs.logits.shape.join("×");
  if (received !== expected) {
    throw new RangeError(
      `Cannot train ${name} as its logits must be ${expected}: received ${received}`,
    );
  }
  const fused = [liftRelu, fuseRelu, fuseSum(batchNormOp.is)];
  const rules = dropout ? fused : [removeDropout, ...fused];
  return rules.reduce<Graph<"image", "logits">>(rewriteGraph, built);
}
