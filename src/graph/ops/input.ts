import { cannot } from "../../errors/cannot.ts";
import { defineOp } from "../op.ts";
import type { Shape, Tensor } from "../tensor.ts";

const inputOp = defineOp({
  name: "input",
  lower: () => [],
  onnx: () => [],
  padsWithZeros: () => true,
});

/**
 * A graph's input.
 *
 * @throws {RangeError} If a size is not a positive integer.
 */
export function input(name: string, shape: Shape): Tensor {
  if (!shape.every((size) => Number.isInteger(size) && size > 0)) {
    throw cannot(
      `build input "${name}"`,
      "its shape must consist of positive integers",
      { received: shape, kind: RangeError },
    );
  }
  return inputOp.node({ name, inputs: [], shape });
}
