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
import type { Tensor } from "../tensor.ts";
import { convolutionOf, fusedConv2d, isConvolution } from "./fused_conv2d.ts";

/** A layer whose kernel does an epilogue, too. */
export interface FusedNode extends Tensor {
  /** The layer as it was built. */
  readonly base: Tensor;
  readonly epilogue: Epilogue;
}

const fusedOp = defineOp<FusedNode>({
  name: "fused",
  lower: ({ base, epilogue }, target) => lowerNode(base, target, epilogue),
  constants: ({ base }, precision) => constantsOf(base, precision),
  flops: ({ base }) => flopsOf(base),
  onnx({ base, epilogue: { residual, relu } }) {
    const forms = opOf(base).onnx(base);
    if (residual) {
      throw new TypeError(
        `Cannot export "${base.name}" to ONNX as layers must be plain: received a fused ${base.op.name}`,
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

/** A node for a layer and its epilogue. */
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

/** A node's layer as it was built, and what its kernel does beside it. */
export function unfused(
  node: Tensor,
): { readonly base: Tensor; readonly epilogue: Epilogue } {
  return fusedOp.is(node) ? node : { base: node, epilogue: { relu: false } };
}

/** A step that a kernel may do with its results. */
export type EpilogueStep =
  | { readonly residual: Tensor }
  | { readonly relu: true }
  | { readonly norm: Affine };

/** A node whose kernel does one more step; `undefined` where it cannot, or only before what it does already. */
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

/** Sums come before a ReLU, and there is one. */
function isLate(step: EpilogueStep, { residual, relu }: Epilogue): boolean {
  return "residual" in step && (residual !== undefined || relu);
}

/** Whether the last that a node's kernel does is a ReLU. */
export function endsInRelu(node: Tensor): boolean {
  if (!isConvolution(node)) return unfused(node).epilogue.relu;
  const { relu, norm } = convolutionOf(node).epilogue;
  return relu && !norm;
}
