import type { ResizeBilinearNode, Tensor } from "../tensor.ts";

/** What {@linkcode resizeBilinear} makes of its input: a multiple, or a size. */
export type ResizeBilinearOptions =
  | { readonly scale: number }
  | { readonly size: readonly [height: number, width: number] };

/**
 * Bilinear resize, PyTorch's `interpolate(mode="bilinear", align_corners=False)`. From 1×1 it broadcasts.
 *
 * @example
 * ```ts
 * import { buildGraph, resizeBilinear } from "@tilewise/tilewise";
 *
 * const graph = buildGraph({ x: [1, 4, 8, 8] }, ({ x }) => ({ y: resizeBilinear(x, { scale: 2 }) }));
 * console.assert(graph.outputs.y.shape.join("×") === "1×4×16×16");
 * ```
 *
 * @throws {RangeError} where the result has no whole, positive size.
 */
export function resizeBilinear(
  input: Tensor,
  options: ResizeBilinearOptions,
): ResizeBilinearNode {
  const [batch, channels, inputHeight, inputWidth] = input.shape;
  const [height, width] = "scale" in options
    ? [inputHeight * options.scale, inputWidth * options.scale]
    : options.size;
  const name = `${input.name}.resize_bilinear`;
  if (![height, width].every((n) => Number.isInteger(n) && n > 0)) {
    throw new RangeError(
      `Cannot build resize_bilinear "${name}" as the size must be whole and positive: received ${height}×${width}`,
    );
  }
  return {
    op: "resize_bilinear",
    name,
    inputs: [input],
    shape: [batch, channels, height, width],
    parameters: {},
    residual: false,
  };
}
