import { resizeBilinearOp } from "../../graph/ops/resize_bilinear.ts";
import { planesOf, sizeOf, type Tensor } from "../../graph/tensor.ts";
import { resizeBilinearBackward } from "../../kernels/backward/layers.ts";
import { newTensor } from "../step/recording.ts";
import type { TrainingOp } from "./training_op.ts";

/** The transpose of a bilinear resize. */
export const resizeBilinear: TrainingOp<Tensor> = {
  is: resizeBilinearOp.is,
  backward({ recording, node, layer: { inputs: [input] }, gradients }) {
    const { tape, target } = recording;
    const gradient = gradients.of(node);
    const name = `${node.name}.gradient`;
    const grad_input = newTensor(recording, input, name);
    const program = resizeBilinearBackward.program({
      planes: planesOf(input).planes,
      inputSize: sizeOf(input),
      outputSize: sizeOf(node),
    }, target.precision);
    tape.add(name, program, { gradient, grad_input });
    gradients.add(input, grad_input);
  },
};
