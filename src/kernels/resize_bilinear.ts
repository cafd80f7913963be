import { defineKernel, type Kernel } from "./kernel.ts";
import { shaders } from "./shaders.ts";

/** What {@linkcode resizeBilinear} needs to know of its operands. */
export interface ResizeBilinearParams {
  /** Batch times blocks of four channels. */
  readonly planes: number;
  /** Height and width of the input. */
  readonly inputSize: readonly [number, number];
  /** Height and width of the output. */
  readonly outputSize: readonly [number, number];
  /** Whether a tensor of the output's shape is added. */
  readonly residual?: boolean;
}

/** Bilinear resize, align_corners=False; shader `resize/resize_bilinear.wgsl`. */
export const resizeBilinear: Kernel<ResizeBilinearParams> = defineKernel({
  name: "resize_bilinear",
  source: shaders.resizeBilinear,
  constants: (
    { inputSize, outputSize, residual = false }: ResizeBilinearParams,
  ) => ({
    input_height: inputSize[0],
    input_width: inputSize[1],
    output_height: outputSize[0],
    output_width: outputSize[1],
    has_residual: residual,
  }),
  workgroups: ({ outputSize: [height, width], planes }) => [
    Math.ceil(height * width / 256),
    planes,
    1,
  ],
});
