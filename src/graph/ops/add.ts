import { cannot } from "../../errors/cannot.ts";
import { add as kernel } from "../../kernels/elementwise.ts";
import { defineOp } from "../op.ts";
import { formatShape, planesOf, type Tensor } from "../tensor.ts";

/** Sum of two tensors. */
export const addOp = defineOp({
  name: "add",
  fuses: ["relu"],
  lower(node, { precision }, { relu }) {
    const [a, b] = node.inputs;
    const program = kernel.program({ ...planesOf(node), relu }, precision);
    return [{ program, tensors: { a, b } }];
  },
  onnx: () => [{ operator: "Add" }],
});

/**
 * Sum of two tensors of equal shape.
 *
 * @example
 * ```ts
 * import { buildGraph, add } from "@tilewise/tilewise/graph";
 *
 * const graph = buildGraph({ a: [1, 4, 8, 8], b: [1, 4, 8, 8] }, ({ a, b }) => ({ y: add(a, b) }));
 * console.assert(graph.outputs.y.shape.join("×") === "1×4×8×8");
 * ```
 *
 * @throws {RangeError} If the shapes differ.
 *
 * @category Layers
 */
export function add(a: Tensor, b: Tensor): Tensor {
  if (formatShape(a.shape) !== formatShape(b.shape)) {
    throw cannot(
      `build add "${a.name}.add"`,
      `the shapes ${formatShape(a.shape)} and ${formatShape(b.shape)} differ`,
      { kind: RangeError },
    );
  }
  return addOp.node({ inputs: [a, b], shape: a.shape });
}
