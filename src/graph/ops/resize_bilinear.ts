import { cannot } from "../../errors/cannot.ts";
import { resizeBilinear as kernel } from "../../kernels/resize.ts";
import { defineOp, isNonNegative } from "../op.ts";
import { planesOf, sizeOf, type Tensor } from "../tensor.ts";

/**
 * Options for {@linkcode resizeBilinear}: the scale or the size of the result.
 *
 * @category Layer types
 */
export type ResizeBilinearOptions =
  | { readonly scale: number }
  | { readonly size: readonly [height: number, width: number] };

/** Bilinear resize. */
export const resizeBilinearOp = defineOp({
  name: "resize_bilinear",
  fuses: ["residual"],
  lower(node, { precision }, { residual }) {
    const [input] = node.inputs;
    const program = kernel.program({
      planes: planesOf(node).planes,
      inputSize: sizeOf(input),
      outputSize: sizeOf(node),
      residual: residual !== undefined,
      single: node.shape[1] === 1,
    }, precision);
    return [{ program, tensors: { input, ...residual && { residual } } }];
  },
  onnx({ shape, inputs: [input] }) {
    const [height, width] = sizeOf(input);
    if (height === 1 && width === 1) {
      const values = [1, 1, shape[2], shape[3]].map(BigInt);
      return [{ operator: "Expand", constants: [{ role: "shape", values }] }];
    }
    const values = Float32Array.of(1, 1, shape[2] / height, shape[3] / width);
    return [{
      operator: "Resize",
      constants: ["", { role: "scales", values }],
      attributes: {
        mode: "linear",
        coordinate_transformation_mode: "half_pixel",
      },
    }];
  },
  nonNegative: ({ inputs }) => inputs.every(isNonNegative),
});

/**
 * Bilinear resize, PyTorch's `interpolate(mode="bilinear", align_corners=False)`. An input of 1×1 is broadcast.
 *
 * @example
 * ```ts
 * import { buildGraph, resizeBilinear } from "@tilewise/tilewise/graph";
 *
 * const graph = buildGraph({ x: [1, 4, 8, 8] }, ({ x }) => ({ y: resizeBilinear(x, { scale: 2 }) }));
 * console.assert(graph.outputs.y.shape.join("×") === "1×4×16×16");
 * ```
 *
 * @throws {RangeError} If a size of the result is not a positive integer.
 *
 * @category Layers
 */
export function resizeBilinear(
  input: Tensor,
  options: ResizeBilinearOptions,
): Tensor {
  const [batch, channels, inputHeight, inputWidth] = input.shape;
  const [height, width] = "scale" in options
    ? [inputHeight * options.scale, inputWidth * options.scale]
    : options.size;
  if (![height, width].every((n) => Number.isInteger(n) && n > 0)) {
    throw cannot(
      `build resize_bilinear "${input.name}.resize_bilinear"`,
      "height and width must be positive integers",
      { received: [height, width], kind: RangeError },
    );
  }
  const shape = [batch, channels, height, width] as const;
  return resizeBilinearOp.node({ inputs: [input], shape });
}
