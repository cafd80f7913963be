import { cannot } from "../../errors/cannot.ts";
import { concat as kernel } from "../../kernels/elementwise.ts";
import { defineOp } from "../op.ts";
import { formatShape, type Tensor } from "../tensor.ts";

/** Concatenation along the channels. */
export const concatOp = defineOp({
  name: "concat",
  lower({ inputs, shape: [batch, , height, width] }, { precision }) {
    const inputChannels = inputs.map(({ shape }) => shape[1]);
    const params = { batch, inputChannels, pixels: height * width };
    const parts = inputs.map((part, i) => [`input${i}`, part] as const);
    return [{
      program: kernel.program(params, precision),
      tensors: Object.fromEntries(parts),
    }];
  },
  onnx: () => [{ operator: "Concat", attributes: { axis: 1 } }],
  padsWithZeros: () => true,
});

/**
 * Concatenates tensors along the channels.
 *
 * @example
 * ```ts
 * import { buildGraph, concat } from "@tilewise/tilewise/graph";
 *
 * const graph = buildGraph({ a: [1, 4, 8, 8], b: [1, 4, 8, 8] }, ({ a, b }) => ({ y: concat([a, b], { name: "both" }) }));
 * console.assert(graph.outputs.y.shape.join("×") === "1×8×8×8");
 * ```
 *
 * @throws {RangeError} If the shapes differ in more than their channels, or there are no inputs.
 *
 * @category Layers
 */
export function concat(
  inputs: readonly Tensor[],
  { name }: { readonly name: string },
): Tensor {
  if (inputs.length === 0) {
    throw cannot(`build concat "${name}"`, "it needs at least one input", {
      kind: RangeError,
    });
  }
  const [batch, , height, width] = inputs[0].shape;
  for (const { shape } of inputs) {
    if (shape[0] !== batch || shape[2] !== height || shape[3] !== width) {
      const shapes = `${formatShape(inputs[0].shape)} and ${
        formatShape(shape)
      }`;
      throw cannot(
        `build concat "${name}"`,
        `the shapes ${shapes} differ in more than their channels`,
        { kind: RangeError },
      );
    }
  }
  const channels = inputs.reduce((sum, { shape }) => sum + shape[1], 0);
  const shape = [batch, channels, height, width] as const;
  return concatOp.node({ name, inputs, shape });
}
