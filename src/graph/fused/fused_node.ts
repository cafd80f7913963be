import { cannot } from "../../errors/cannot.ts";
import {
  type Affine,
  constantsOf,
  defineOp,
  type Epilogue,
  flopsOf,
  lowerNode,
  opOf,
  padsWithZeros,
  withInputs,
} from "../op.ts";
import type { Formula } from "../formula.ts";
import type { Tensor } from "../tensor.ts";
import { convolutionOf, fusedConv2d, isConvolution } from "./fused_conv2d.ts";

/** A layer with a fused epilogue. */
export interface FusedNode extends Tensor {
  /** The original layer. */
  readonly base: Tensor;
  readonly epilogue: Epilogue;
}

const fusedOp = defineOp<FusedNode>({
  name: "fused",
  lower: ({ base, epilogue }, target) => lowerNode(base, target, epilogue),
  constants: ({ base }, precision) => constantsOf(base, precision),
  flops: ({ base }) => flopsOf(base),
  onnx({ base, epilogue: { residual, relu, formula } }) {
    const forms = opOf(base).onnx(base);
    if (residual || formula) {
      throw cannot(
        `export "${base.name}" to ONNX`,
        `it is a fused ${base.op.name}; export the graph as it was built`,
        { kind: TypeError },
      );
    }
    return relu ? [...forms, { operator: "Relu" }] : forms;
  },
  nonNegative: ({ epilogue }) => epilogue.relu,
  padsWithZeros: ({ base }) => padsWithZeros(base),
  withInputs({ base, epilogue }, replace) {
    const residual = epilogue.residual && replace(epilogue.residual);
    return fusedNode(withInputs(base, replace), { ...epilogue, residual });
  },
});

/** Creates the node of a layer with an epilogue. */
export function fusedNode(base: Tensor, epilogue: Epilogue): FusedNode {
  const { name, shape, parameters, inputs } = base;
  const { residual } = epilogue;
  return fusedOp.node({
    name,
    shape,
    parameters,
    inputs: residual ? [...inputs, residual] : inputs,
    base,
    epilogue,
  });
}

/** The original layer of a node, and its fused epilogue. */
export function unfused(
  node: Tensor,
): { readonly base: Tensor; readonly epilogue: Epilogue } {
  return fusedOp.is(node) ? node : { base: node, epilogue: { relu: false } };
}

/** A step of an epilogue. */
export type EpilogueStep =
  | { readonly residual: Tensor }
  | { readonly relu: true }
  | { readonly formula: Formula }
  | { readonly norm: Affine };

/** Fuses one more step into a node; `undefined` if unsupported, or out of order. */
export function fuse(node: Tensor, step: EpilogueStep): Tensor | undefined {
  if (isConvolution(node)) {
    const convolution = convolutionOf(node);
    const { epilogue } = convolution;
    return epilogue.norm || isLate(step, epilogue)
      ? undefined
      : fusedConv2d({ ...convolution, epilogue: { ...epilogue, ...step } });
  }
  const { base, epilogue } = unfused(node);
  const { fuses = [] } = opOf(base);
  return "norm" in step || isLate(step, epilogue) ||
      !fuses.some((name) => name in step)
    ? undefined
    : fusedNode(base, { ...epilogue, ...step });
}

/** Whether a step comes too late: there is at most one sum, and then one ReLU or formula. */
function isLate(
  step: EpilogueStep,
  { residual, relu, formula }: Epilogue,
): boolean {
  if ("norm" in step) return false;
  return formula !== undefined ||
    ("residual" in step && (residual !== undefined || relu)) ||
    ("formula" in step && relu);
}

/** Whether the last step of a node's kernel is a ReLU. */
export function endsInRelu(node: Tensor): boolean {
  if (!isConvolution(node)) return unfused(node).epilogue.relu;
  const { relu, norm } = convolutionOf(node).epilogue;
  return relu && !norm;
}
