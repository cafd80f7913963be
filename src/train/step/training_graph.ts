import { buildGraph, type Graph } from "../../graph/graph.ts";
import { rewriteGraph, type RewriteRule } from "../../graph/rewrite_graph.ts";
import { liftRelu } from "../../graph/rewrites/lift_relu.ts";
import { removeDropout } from "../../graph/rewrites/remove_dropout.ts";
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
  const rules = dropout
    ? [liftRelu, fuseRelu, fuseSum]
    : [removeDropout, liftRelu, fuseRelu, fuseSum];
  return rules.reduce<Graph<"image", "logits">>(rewriteGraph, built);
}

/** A ReLU goes into the convolution, batch norm or sum before it, where nothing else reads that. */
const fuseRelu: RewriteRule = (node, { uses }) => {
  const [input] = node.inputs;
  if (node.op !== "relu" || uses(0) > 1) return node;
  return input.op === "conv2d" || input.op === "batch_norm" ||
      input.op === "add"
    ? { ...input, relu: true }
    : node;
};

/** A sum goes into a batch norm before it, where nothing else reads that. */
const fuseSum: RewriteRule = (node, { uses }) => {
  if (node.op !== "add") return node;
  for (const [i, norm] of node.inputs.entries()) {
    const other = node.inputs[1 - i];
    if (
      norm.op === "batch_norm" && !norm.relu && !norm.residual &&
      uses(i) === 1 && other !== norm
    ) {
      const inputs = [...norm.inputs, other];
      return { ...norm, inputs, residual: true, relu: node.relu };
    }
  }
  return node;
};
