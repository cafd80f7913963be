import { nodesOf } from "../../graph/graph.ts";
import { type Dropout2dNode, dropout2dOp } from "../../graph/ops/dropout2d.ts";
import { planesOf } from "../../graph/tensor.ts";
import { dropout2d as kernel } from "../../kernels/norm.ts";
import { newTensor, type Recording } from "../step/recording.ts";
import type { Operand } from "../step/tape.ts";
import type { TrainingOp } from "./training_op.ts";

/** Dropout of whole channels. The seed decides which, so that both passes drop the same ones. */
export const dropout2d: TrainingOp<Dropout2dNode> = {
  is: dropout2dOp.is,
  forward({ recording, layer, tensors, output }) {
    drop(recording, layer, { input: tensors.get(layer.inputs[0])!, output });
  },
  backward({ recording, layer, gradients }) {
    const [input] = layer.inputs;
    const gradient = gradients.of(layer);
    const output = newTensor(recording, input, `${layer.name}.gradient`);
    drop(recording, layer, { input: gradient, output });
    gradients.add(input, output);
  },
};

function drop(
  { graph, tape, target, seed }: Recording,
  layer: Dropout2dNode,
  operands: { readonly input: Operand; readonly output: Operand },
): void {
  const program = kernel.program({
    ...planesOf(layer),
    layer: nodesOf(graph).indexOf(layer),
    probability: layer.probability,
  }, target.precision);
  tape.add(layer.name, program, { ...operands, seed });
}
