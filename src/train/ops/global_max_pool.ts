import { globalMaxPoolOp } from "../../graph/ops/global_max_pool.ts";
import { planesOf, type Tensor } from "../../graph/tensor.ts";
import { globalMaxPoolBackward } from "../../kernels/backward/layers.ts";
import { newTensor } from "../step/recording.ts";
import type { TrainingOp } from "./training_op.ts";

/** The first pixel with the maximum gets the gradient. */
export const globalMaxPool: TrainingOp<Tensor> = {
  is: globalMaxPoolOp.is,
  backward(
    { recording, node, layer: { inputs: [input] }, tensors, gradients },
  ) {
    const { tape, target } = recording;
    const gradient = gradients.of(node);
    const name = `${node.name}.gradient`;
    const grad_input = newTensor(recording, input, name);
    tape.add(
      name,
      globalMaxPoolBackward.program(planesOf(input), target.precision),
      {
        input: tensors.get(input)!,
        output: tensors.get(node)!,
        gradient,
        grad_input,
      },
    );
    gradients.add(input, grad_input);
  },
};
