import { defineOp } from "../op.ts";
import { formatShape, type Shape, type Tensor } from "../tensor.ts";

const inputOp = defineOp({
  name: "input",
  lower: () => [],
  onnx: () => [],
  padsWithZeros: () => true,
});

/**
 * A graph's input.
 *
 * @throws {RangeError} where the shape is not of positive integers.
 */
export function input(name: string, shape: Shape): Tensor {
  if (!shape.every((size) => Number.isInteger(size) && size > 0)) {
    throw new RangeError(
      `Cannot build input "${name}" as its sizes must be positive integers: received ${
        formatShape(shape)
      }`,
    );
  }
  return inputOp.node({ name, inputs: [], shape });
}
