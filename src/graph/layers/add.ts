import { type AddNode, formatShape, type Tensor } from "../tensor.ts";

/**
 * Sum of two tensors of one shape.
 *
 * @example
 * ```ts
 * import { buildGraph, add } from "@tilewise/tilewise";
 *
 * const graph = buildGraph({ a: [1, 4, 8, 8], b: [1, 4, 8, 8] }, ({ a, b }) => ({ y: add(a, b) }));
 * console.assert(graph.outputs.y.shape.join("×") === "1×4×8×8");
 * ```
 *
 * @throws {RangeError} where the shapes differ.
 */
export function add(a: Tensor, b: Tensor): AddNode {
  const name = `${a.name}.add`;
  if (formatShape(a.shape) !== formatShape(b.shape)) {
    throw new RangeError(
      `Cannot build add "${name}" as both shapes must be equal: received ${
        formatShape(a.shape)
      } and ${formatShape(b.shape)}`,
    );
  }
  return {
    op: "add",
    name,
    inputs: [a, b],
    shape: a.shape,
    parameters: {},
    relu: false,
  };
}
