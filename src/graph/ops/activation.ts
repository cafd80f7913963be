import type { Program } from "../../gpu/program.ts";
import { activationBackward } from "../../kernels/backward/layers.ts";
import {
  activation,
  type ActivationParams,
} from "../../kernels/elementwise.ts";
import type { Precision } from "../../kernels/wgsl/specialize.ts";
import { type DefinedOp, defineOp, type OnnxForm } from "../op.ts";
import { planesOf, type Tensor } from "../tensor.ts";

/** A tensor's planes of four channels, and the pixels of each. */
export type Planes = Omit<ActivationParams, "function">;

/** An elementwise function whose derivative follows from its result. */
export interface Activation {
  readonly name: string;
  /** The kernel that computes it, with bindings `input` and `output`. */
  forward(planes: Planes, precision: Precision): Program;
  /** The kernel that computes the gradient of the input. */
  backward(planes: Planes, precision: Precision): ActivationGradient;
}

/** A kernel with bindings for the function's result, its `gradient`, and the gradient of the input. */
export interface ActivationGradient {
  readonly program: Program;
  /** The binding of the result. */
  readonly result: string;
  /** The binding of the gradient of the input. */
  readonly output: string;
}

/** An activation layer. */
export interface ActivationNode extends Tensor {
  readonly activation: Activation;
}

/** Defines an activation function as a layer, whose nodes may have options. */
export function defineActivation<T extends object = object>(
  definition: {
    readonly name: string;
    onnx(node: ActivationNode & T): readonly OnnxForm[];
    nonNegative?(node: ActivationNode & T): boolean;
    padsWithZeros?(node: ActivationNode & T): boolean;
  },
): DefinedOp<ActivationNode & T> {
  return defineOp<ActivationNode & T>({
    ...definition,
    lower(node, { precision }) {
      const program = node.activation.forward(planesOf(node), precision);
      return [{ program, tensors: { input: node.inputs[0] } }];
    },
  });
}

/** An activation function without options. */
export function plainActivation(
  name: ActivationParams["function"],
): Activation {
  return {
    name,
    forward: (planes, precision) =>
      activation.program({ ...planes, function: name }, precision),
    backward: (planes, precision) => ({
      program: activationBackward
        .program({ ...planes, function: name }, precision),
      result: "output",
      output: "grad_input",
    }),
  };
}

/** Whether a layer is an activation function. */
export function isActivation(node: Tensor): node is ActivationNode {
  return "activation" in node;
}

/** ReLU as a layer. */
export const reluOp = defineActivation({
  name: "relu",
  onnx: () => [{ operator: "Relu" }],
  nonNegative: () => true,
});

/** ReLU as a function. */
export const reluActivation = plainActivation("relu");

/**
 * `max(x, 0)`.
 *
 * @category Layers
 */
export function relu(input: Tensor): Tensor {
  return reluOp.node({
    inputs: [input],
    shape: input.shape,
    activation: reluActivation,
  });
}

const sigmoidOp = defineActivation({
  name: "sigmoid",
  onnx: () => [{ operator: "Sigmoid" }],
  nonNegative: () => true,
  // Sigmoid turns zeros into 0.5.
  padsWithZeros: ({ shape }) => shape[1] % 4 === 0,
});

/**
 * `1 / (1 + exp(-x))`.
 *
 * @category Layers
 */
export function sigmoid(input: Tensor): Tensor {
  return sigmoidOp.node({
    inputs: [input],
    shape: input.shape,
    activation: plainActivation("sigmoid"),
  });
}
