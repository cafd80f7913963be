import {
  type PixelShuffleNode,
  pixelShuffleOp,
  pixelShuffleParams,
} from "../../graph/ops/pixel_shuffle.ts";
import { pixelShuffleBackward } from "../../kernels/backward/layers.ts";
import { newTensor } from "../step/recording.ts";
import type { TrainingOp } from "./training_op.ts";

/** Gradients of pixels go back to their channels. */
export const pixelShuffle: TrainingOp<PixelShuffleNode> = {
  is: pixelShuffleOp.is,
  backward({ recording, node, layer, gradients }) {
    const { tape, target } = recording;
    const [input] = layer.inputs;
    const gradient = gradients.of(node);
    const name = `${node.name}.gradient`;
    const grad_input = newTensor(recording, input, name);
    const params = pixelShuffleParams(layer);
    const program = pixelShuffleBackward.program(params, target.precision);
    tape.add(name, program, { gradient, grad_input });
    gradients.add(input, grad_input);
  },
};
