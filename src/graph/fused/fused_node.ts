import {
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
