import { concatOp } from "../../graph/ops/concat.ts";
import type { Tensor } from "../../graph/tensor.ts";
import { sliceChannels } from "../../kernels/backward/layers.ts";
import { newTensor } from "../step/recording.ts";
import type { TrainingOp } from "./training_op.ts";

/** Each input of a concat gets the gradient of its channels. */
export const concat: TrainingOp<Tensor> = {
  is: concatOp.is,
  backward({ recording, node, layer, gradients }) {
    const { tape, target } = recording;
    const [batch, inputChannels, height, width] = node.shape;
    const gradient = gradients.of(node);
    let start = 0;
    for (const part of layer.inputs) {
      const channels = part.shape[1];
      if (gradients.wants(part)) {
        const name = `${node.name}.gradient.${start}`;
        const output = newTensor(recording, part, name);
        const program = sliceChannels.program({
          batch,
          inputChannels,
          start,
          channels,
          pixels: height * width,
        }, target.precision);
        tape.add(name, program, { input: gradient, output });
        gradients.add(part, output);
      }
      start += channels;
    }
  },
};
