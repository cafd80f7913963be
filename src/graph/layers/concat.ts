import { formatShape, type PlainNode, type Tensor } from "../tensor.ts";

/**
 * Channels of several tensors, one after the other.
 *
 * @throws {RangeError} where anything but the channels differs, or there is no tensor.
 */
export function concat(
  inputs: readonly Tensor[],
  { name }: { readonly name: string },
): PlainNode {
  if (inputs.length === 0) {
    throw new RangeError(
      `Cannot build concat "${name}" as it needs an input: received none`,
    );
  }
  const [batch, , height, width] = inputs[0].shape;
  for (const { shape } of inputs) {
    if (shape[0] !== batch || shape[2] !== height || shape[3] !== width) {
      throw new RangeError(
        `Cannot build concat "${name}" as only the channels may differ: received ${
          formatShape(inputs[0].shape)
        } and ${formatShape(shape)}`,
      );
    }
  }
  const channels = inputs.reduce((sum, { shape }) => sum + shape[1], 0);
  return {
    op: "concat",
    name,
    inputs,
    shape: [batch, channels, height, width],
    parameters: {},
  };
}
