import { type AddNode, formatShape, type Tensor } from "../tensor.ts";

/**
 * Sum of two tensors of one shape.
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
