import { defineKernel, type Kernel } from "./kernel.ts";
import { shaders } from "./shaders.ts";

/** Parameters of {@linkcode maxPool2d}. */
export interface MaxPool2dParams {
  /** Batch times blocks of four channels. */
  readonly planes: number;
  /** Height and width of the input. */
  readonly inputSize: readonly [number, number];
  /** Height and width of the output. */
  readonly outputSize: readonly [number, number];
  /** Side of the window. */
  readonly kernel: number;
  /** Step between windows. */
  readonly stride: number;
  /** Padding on each side of the input, which never is the maximum. */
  readonly padding: number;
}

/** What shaders with a thread per window share. */
export const windowGrid = {
  constants: (params: MaxPool2dParams): Readonly<Record<string, number>> => ({
    input_height: params.inputSize[0],
    input_width: params.inputSize[1],
    output_height: params.outputSize[0],
    output_width: params.outputSize[1],
    kernel: params.kernel,
    stride: params.stride,
    padding: params.padding,
  }),
  workgroups: (
    { outputSize: [height, width], planes }: MaxPool2dParams,
  ): [number, number, number] => [Math.ceil(height * width / 256), planes, 1],
};

/** Maximum over square windows; shader `pool/max_pool2d.wgsl`. */
export const maxPool2d: Kernel<MaxPool2dParams> = defineKernel({
  name: "max_pool2d",
  source: shaders.maxPool2d,
  ...windowGrid,
});

/** Parameters of {@linkcode globalMaxPool}. */
export interface GlobalMaxPoolParams {
  /** Batch times blocks of four channels. */
  readonly planes: number;
  /** Pixels per plane. */
  readonly pixels: number;
}

/** Maximum over all pixels of a channel; shader `pool/global_max_pool.wgsl`. */
export const globalMaxPool: Kernel<GlobalMaxPoolParams> = defineKernel({
  name: "global_max_pool",
  source: shaders.globalMaxPool,
  constants({ planes, pixels }: GlobalMaxPoolParams) {
    const lanes = lanesFor(pixels);
    return { planes, pixels, lanes, several: lanes > 1 };
  },
  workgroups: ({ planes, pixels }) => [
    Math.ceil(planes * lanesFor(pixels) / 64),
    1,
    1,
  ],
});

/** Threads per plane. Barriers are slow on software adapters, so small planes need none and others few threads. */
function lanesFor(pixels: number): number {
  if (pixels <= 16) return 1;
  return pixels <= 512 ? 8 : 64;
}
