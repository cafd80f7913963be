import { nodesOf } from "../../graph/graph.ts";
import { trainedLayer } from "../ops/mod.ts";
import { Gradients } from "./gradients.ts";
import type { Forward, Recording } from "./recording.ts";
import type { Operand } from "./tape.ts";

/** Records a graph's backward pass, from the gradient of the logits to those of the parameters. */
export function recordBackward(
  recording: Recording,
  { forward, logitsGradient }: {
    readonly forward: Forward;
    readonly logitsGradient: Operand;
  },
): void {
  const gradients = new Gradients(recording, forward);
  gradients.seed(recording.graph.outputs.logits, logitsGradient);
  const { tensors } = forward;
  for (const node of nodesOf(recording.graph).reverse()) {
    if (!gradients.wants(node)) continue;
    const { op, layer, epilogue } = trainedLayer(node);
    const kept = forward.kept.get(node);
    op.backward({ recording, node, layer, epilogue, tensors, gradients, kept });
  }
}
