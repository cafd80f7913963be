import { defineKernel, type Kernel } from "../kernel.ts";
import { shaders } from "../shaders.ts";

/** What {@linkcode subsample} needs to know of its operands. */
export interface SubsampleParams {
  /** Batch times blocks of four channels. */
  readonly planes: number;
  /** Height and width before. */
  readonly fullSize: readonly [number, number];
  /** Height and width after. */
  readonly size: readonly [number, number];
  /** Step between the pixels that stay, each way. */
  readonly stride: number;
}

/** What {@linkcode insertZeros} needs to know of its operands. */
export interface InsertZerosParams extends SubsampleParams {
  /** Whether a tensor of the full size is added. */
  readonly residual: boolean;
  /** Whether results become zero where a tensor of the full size is not positive. */
  readonly mask: boolean;
}

/** Every `stride`th pixel each way; shader `backward/subsample.wgsl`. */
export const subsample: Kernel<SubsampleParams> = defineKernel({
  name: "subsample",
  source: shaders.subsample,
  constants,
  workgroups: ({ size: [height, width], planes }) => [
    Math.ceil(height * width / 256),
    planes,
    1,
  ],
});

/** Gradient of {@linkcode subsample}: zeros between the pixels; shader `backward/insert_zeros.wgsl`. */
export const insertZeros: Kernel<InsertZerosParams> = defineKernel({
  name: "insert_zeros",
  source: shaders.insertZeros,
  constants: (params: InsertZerosParams) => ({
    ...constants(params),
    has_residual: params.residual,
    has_mask: params.mask,
  }),
  workgroups: ({ fullSize: [height, width], planes }) => [
    Math.ceil(height * width / 256),
    planes,
    1,
  ],
});

function constants(
  { fullSize, size, stride }: SubsampleParams,
): Record<string, number> {
  const [full_height, full_width] = fullSize;
  const [height, width] = size;
  return { stride, full_height, full_width, height, width };
}
