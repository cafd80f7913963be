import { cannot } from "../../errors/cannot.ts";
import { buildGraph, type Graph } from "../../graph/graph.ts";
import { batchNormOp } from "../../graph/ops/batch_norm.ts";
import { rewriteGraph } from "../../graph/rewrite_graph.ts";
import { fuseRelu, fuseSum } from "../../graph/rewrites/fuse.ts";
import { liftRelu, removeDropout } from "../../graph/rewrites/simplify.ts";
import type { Architecture } from "../../models/architecture.ts";
import type { TrainingStepOptions } from "../training_step.ts";

/**
 * An architecture's graph for training: ReLUs and sums are fused into the layers before them, so that tensors need not be
 * kept both before and after a ReLU.
 *
 * @throws {RangeError} If the logits are not one channel of the images' size.
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
    throw cannot(
      `train ${name}`,
      `its logits must be ${expected}, received ${received}`,
      { kind: RangeError },
    );
  }
  const fused = [liftRelu, fuseRelu, fuseSum(batchNormOp.is)];
  const rules = dropout ? fused : [removeDropout, ...fused];
  return rules.reduce<Graph<"image", "logits">>(rewriteGraph, built);
}
