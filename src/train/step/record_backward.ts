import { nodesOf } from "../../graph/graph.ts";
import type { Tensor } from "../../graph/tensor.ts";
import { globalMaxPoolBackward } from "../../kernels/global_max_pool_backward.ts";
import {
  maxPool2dBackward,
  maxPool2dWinners,
} from "../../kernels/max_pool2d_backward.ts";
import { packedBytes } from "../../kernels/pack_tensor.ts";
import { pixelShuffleBackward } from "../../kernels/pixel_shuffle_backward.ts";
import { resizeBilinearBackward } from "../../kernels/resize_bilinear_backward.ts";
import { sliceChannels } from "../../kernels/slice_channels.ts";
import { Gradients, planesOf } from "./gradients.ts";
import { recordBatchNormBackward } from "./record_batch_norm.ts";
import { recordConv2dBackward } from "./record_conv2d_backward.ts";
import {
  type Forward,
  newTensor,
  recordDropout,
  type Recording,
} from "./record_forward.ts";
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
  for (const node of nodesOf(recording.graph).reverse()) {
    if (!gradients.wants(node)) continue;
    if (node.op === "conv2d") {
      recordConv2dBackward(recording, { node, forward, gradients });
    } else if (node.op === "batch_norm") {
      recordBatchNormBackward(recording, { node, forward, gradients });
    } else {
      recordPlain(recording, { node, forward, gradients });
    }
  }
}

interface Context {
  readonly node: Tensor;
  readonly forward: Forward;
  readonly gradients: Gradients;
}

/** The layers that learn nothing. */
function recordPlain(
  recording: Recording,
  { node, forward, gradients }: Context,
): void {
  const { tape, target: { precision } } = recording;
  const gradient = gradients.of(node);
  const [input] = node.inputs;
  const [batch, , height, width] = node.shape;
  const inputSize = [input.shape[2], input.shape[3]] as const;
  const outputSize = [height, width] as const;
  const { planes } = planesOf(input);
  const grad_input = newTensor(recording, input, `${node.name}.gradient`);
  const read = {
    input: forward.tensors.get(input)!,
    output: forward.tensors.get(node)!,
  };
  switch (node.op) {
    case "relu":
    case "sigmoid":
      gradients.add(input, gradients.activation(node, gradient, node.op));
      return;
    case "add":
      for (const part of node.inputs) gradients.add(part, gradient);
      return;
    case "concat":
      recordConcat(recording, { node, gradient, gradients });
      return;
    case "dropout2d":
      recordDropout(recording, { node, input: gradient, output: grad_input });
      break;
    case "max_pool2d": {
      const { kernel, stride, padding } = node;
      const params = { planes, inputSize, outputSize, kernel, stride, padding };
      const winners = {
        name: `${node.name}.winners`,
        bytes: packedBytes(node.shape, "f32"),
      };
      tape.add(
        winners.name,
        maxPool2dWinners.program(params, precision),
        { ...read, winners },
      );
      tape.add(
        grad_input.name,
        maxPool2dBackward.program(params, precision),
        { winners, gradient, grad_input },
      );
      break;
    }
    case "global_max_pool": {
      const program = globalMaxPoolBackward.program(
        planesOf(input),
        precision,
      );
      tape.add(grad_input.name, program, { ...read, gradient, grad_input });
      break;
    }
    case "pixel_shuffle": {
      const program = pixelShuffleBackward.program({
        batch,
        inputChannels: input.shape[1],
        inputSize,
        factor: node.factor,
      }, precision);
      tape.add(grad_input.name, program, { gradient, grad_input });
      break;
    }
    case "resize_bilinear": {
      const program = resizeBilinearBackward.program(
        { planes, inputSize, outputSize },
        precision,
      );
      tape.add(grad_input.name, program, { gradient, grad_input });
      break;
    }
  }
  gradients.add(input, grad_input);
}

/** Each part of a concat has the gradient of its channels. */
function recordConcat(
  recording: Recording,
  { node, gradient, gradients }: {
    readonly node: Tensor;
    readonly gradient: Operand;
    readonly gradients: Gradients;
  },
): void {
  const [batch, inputChannels, height, width] = node.shape;
  let start = 0;
  for (const part of node.inputs) {
    const channels = part.shape[1];
    if (gradients.wants(part)) {
      const output = newTensor(
        recording,
        part,
        `${node.name}.gradient.${start}`,
      );
      const program = sliceChannels.program({
        batch,
        inputChannels,
        start,
        channels,
        pixels: height * width,
      }, recording.target.precision);
      recording.tape.add(output.name, program, { input: gradient, output });
      gradients.add(part, output);
    }
    start += channels;
  }
}
