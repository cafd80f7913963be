import { blocksOf } from "./conv/conv2d.ts";
import { defineKernel, type Kernel } from "./kernel.ts";
import { lastBlock } from "./pointwise.ts";
import { shaders } from "./shaders.ts";

type Size = readonly [height: number, width: number];

/** The shapes of kernels that compute a pixel from others. */
export interface WindowParams {
  /** Images in the batch. */
  readonly batch: number;
  readonly channels: number;
  readonly inputSize: Size;
  readonly outputSize: Size;
}

function sizes({ inputSize, outputSize }: WindowParams) {
  return {
    input_height: inputSize[0],
    input_width: inputSize[1],
    output_height: outputSize[0],
    output_width: outputSize[1],
  };
}

function workgroups(
  { batch, channels, outputSize: [height, width] }: WindowParams,
): [number, number, number] {
  return [Math.ceil(height * width / 256), batch * blocksOf(channels), 1];
}

/** Parameters of {@linkcode averagePool2d}. */
export interface AveragePool2dParams extends WindowParams {
  /** Sides of the window. */
  readonly kernel: Size;
  readonly stride: Size;
  /** Padding above and to the left. */
  readonly padding: Size;
  /** Sizes of the input with its padding, which counts; `undefined` if it does not. */
  readonly padded?: Size;
}

/** Mean over windows; shader `pool/average_pool2d.wgsl`. */
export const averagePool2d: Kernel<AveragePool2dParams> = defineKernel({
  name: "average_pool2d",
  source: shaders.averagePool2d,
  constants: (params: AveragePool2dParams) => ({
    ...sizes(params),
    kernel_height: params.kernel[0],
    kernel_width: params.kernel[1],
    stride_y: params.stride[0],
    stride_x: params.stride[1],
    top: params.padding[0],
    left: params.padding[1],
    count_padding: params.padded !== undefined,
    padded_height: params.padded?.[0] ?? 0,
    padded_width: params.padded?.[1] ?? 0,
  }),
  workgroups,
});

/** Parameters of {@linkcode resample}. */
export interface ResampleParams extends WindowParams {
  /** Whether it blends two rows and columns. */
  readonly linear: boolean;
}

/** Resizes by tables of rows and columns; shader `resize/resample.wgsl`. */
export const resample: Kernel<ResampleParams> = defineKernel({
  name: "resample",
  source: shaders.resample,
  constants: (params: ResampleParams) => ({
    ...sizes(params),
    linear: params.linear,
  }),
  workgroups,
});

/** What lies beyond the edges of a picture: a value, the edge, or a mirror image. */
export type PadMode = "constant" | "edge" | "reflect";

/** Parameters of {@linkcode pad2d}. */
export interface Pad2dParams extends WindowParams {
  /** Pixels above and to the left; negative ones crop. */
  readonly padding: Size;
  readonly mode: PadMode;
  readonly value: number;
}

/** Pads or crops; shader `resize/pad2d.wgsl`. */
export const pad2d: Kernel<Pad2dParams> = defineKernel({
  name: "pad2d",
  source: shaders.pad2d,
  constants: (params: Pad2dParams) => ({
    ...sizes(params),
    top: params.padding[0],
    left: params.padding[1],
    value: params.value,
    blocks: blocksOf(params.channels),
    last: lastBlock(params.channels),
    partial: params.channels % 4 !== 0,
    edge: params.mode === "edge",
    mirror: params.mode === "reflect",
  }),
  workgroups,
});

/** Parameters of {@linkcode rearrange}. */
export interface RearrangeParams extends WindowParams {
  readonly inputChannels: number;
  /** WGSL of the place in the input, along N, C, H and W, of the place `at` in the output. */
  readonly places: readonly string[];
}

/** Values in another order; shader `resize/rearrange.wgsl`. */
export const rearrange: Kernel<RearrangeParams> = defineKernel<RearrangeParams>(
  {
    name: "rearrange",
    source: shaders.rearrange,
    constants: (params) => ({
      ...sizes(params),
      channels: params.channels,
      input_blocks: blocksOf(params.inputChannels),
    }),
    formula: ({ places }) => ({
      wgsl: `vec4u(${places.join(", ")})`,
      place: "origin(at)",
    }),
    workgroups,
  },
);
