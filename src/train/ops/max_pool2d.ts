import {
  type MaxPool2dNode,
  maxPool2dOp,
  maxPool2dParams,
} from "../../graph/ops/max_pool2d.ts";
import {
  maxPool2dBackward,
  maxPool2dWinners,
} from "../../kernels/backward/layers.ts";
import { packedBytes } from "../../kernels/pack.ts";
import { newTensor } from "../step/recording.ts";
import type { TrainingOp } from "./training_op.ts";

/** The pixel with a window's maximum gets its gradient. */
export const maxPool2d: TrainingOp<MaxPool2dNode> = {
  is: maxPool2dOp.is,
  backward({ recording, node, layer, tensors, gradients }) {
    const { tape, target: { precision } } = recording;
    const [input] = layer.inputs;
    const gradient = gradients.of(node);
    const name = `${node.name}.gradient`;
    const grad_input = newTensor(recording, input, name);
    const params = maxPool2dParams(layer);
    const winners = {
      name: `${node.name}.winners`,
      bytes: packedBytes(node.shape, "f32"),
    };
    tape.add(winners.name, maxPool2dWinners.program(params, precision), {
      input: tensors.get(input)!,
      output: tensors.get(node)!,
      winners,
    });
    const program = maxPool2dBackward.program(params, precision);
    tape.add(name, program, { winners, gradient, grad_input });
    gradients.add(input, grad_input);
  },
};
