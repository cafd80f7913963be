import { activation, type ActivationParams } from "../../kernels/activation.ts";
import type { OnnxForm } from "../onnx_form.ts";
import { type DefinedOp, defineOp } from "../op.ts";
import { planesOf, type Tensor } from "../tensor.ts";

/** Which function an activation is. */
export type Activation = Omit<ActivationParams, "planes" | "pixels">;

/** A function of each value alone, whose derivative follows from its result. */
export interface ActivationNode extends Tensor {
  readonly activation: Activation;
}

/** Defines an activation function. */
export function defineActivation(
  definition: {
    readonly name: string;
    onnx(node: ActivationNode): readonly OnnxForm[];
    nonNegative?(node: ActivationNode): boolean;
    padsWithZeros?(node: ActivationNode): boolean;
  },
): DefinedOp<ActivationNode> {
  return defineOp({
    ...definition,
    lower(node, { precision }) {
      const params = { ...planesOf(node), ...node.activation };
      const program = activation.program(params, precision);
      return [{ program, tensors: { input: node.inputs[0] } }];
    },
  });
}

/** Whether a layer is an activation function. */
export function isActivation(node: Tensor): node is ActivationNode {
  return "activation" in node;
}
