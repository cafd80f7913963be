import { nodesOf } from "../../graph/graph.ts";
import type { Tensor } from "../../graph/tensor.ts";
import { trainedLayer } from "../ops/mod.ts";
import { recordLowered } from "./record_lowered.ts";
import { type Forward, newTensor, type Recording } from "./recording.ts";
import type { Operand } from "./tape.ts";

/** Records a graph's forward pass as training has it: batch statistics, dropout, weights from their directions and lengths. */
export function recordForward(recording: Recording): Forward {
  const { graph, tape } = recording;
  const { image } = graph.inputs;
  const tensors = new Map<Tensor, Operand>([[image, recording.images]]);
  const kept = new Map<Tensor, unknown>();
  for (const node of nodesOf(graph)) {
    if (node === image) continue;
    const output = node === graph.outputs.logits
      ? recording.logits
      : newTensor(recording, node, node.name);
    tensors.set(node, output);
    tape.begin();
    const { op, layer, epilogue } = trainedLayer(node);
    if (op.forward) {
      const pass = { recording, node, layer, epilogue, tensors, output };
      kept.set(node, op.forward(pass));
    } else recordLowered(recording, node, { tensors });
  }
  return { tensors, kept };
}
