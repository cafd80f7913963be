import { blocksOf } from "./conv/conv2d.ts";
import { defineKernel, type Kernel, valueFormula } from "./kernel.ts";
import { shaders } from "./shaders.ts";

/** The shape of a result. */
export interface PlaneShape {
  /** Images in the batch. */
  readonly batch: number;
  readonly channels: number;
  /** Pixels per plane. */
  readonly pixels: number;
}

/** Channels in the last block of four. */
export function lastBlock(channels: number): number {
  return (channels - 1) % 4 + 1;
}

function planeGrid(
  { batch, channels, pixels }: PlaneShape,
): [number, number, number] {
  return [Math.ceil(pixels / 256), batch * blocksOf(channels), 1];
}

/** Parameters of {@linkcode pointwise}. */
export interface PointwiseParams extends PlaneShape {
  /** Tensors that it reads. */
  readonly inputs: number;
  readonly hasParameters: boolean;
  /** WGSL of a `vec4f`: what `evaluate()` in the shader returns. */
  readonly formula: string;
}

/** A formula of tensors and parameters, element by element; shader `elementwise/pointwise.wgsl`. */
export const pointwise: Kernel<PointwiseParams> = defineKernel<PointwiseParams>(
  {
    name: "pointwise",
    source: shaders.pointwise,
    constants: (
      { channels, pixels, inputs, hasParameters }: PointwiseParams,
    ) => ({
      pixels,
      inputs,
      blocks: blocksOf(channels),
      last: lastBlock(channels),
      partial: channels % 4 !== 0,
      has_parameters: hasParameters,
      has_formula: true,
    }),
    formula: ({ formula }) => ({
      wgsl: formula,
      place: "formula(unpack(input0[at]))",
    }),
    workgroups: planeGrid,
  },
);

/** Mean over the channels; shader `elementwise/channel_mean.wgsl`. */
export const channelMean: Kernel<PlaneShape> = defineKernel({
  name: "channel_mean",
  source: shaders.channelMean,
  constants: ({ channels, pixels }: PlaneShape) => ({
    pixels,
    channels,
    blocks: blocksOf(channels),
  }),
  workgroups: ({ batch, pixels }) => [Math.ceil(pixels / 256), batch, 1],
});

/** Softmax over the channels; shader `elementwise/channel_softmax.wgsl`. */
export const channelSoftmax: Kernel<PlaneShape> = defineKernel({
  name: "channel_softmax",
  source: shaders.channelSoftmax,
  constants: ({ channels, pixels }: PlaneShape) => ({
    pixels,
    blocks: blocksOf(channels),
    last: lastBlock(channels),
  }),
  workgroups: ({ batch, pixels }) => [Math.ceil(pixels / 256), batch, 1],
});

/** Parameters of {@linkcode groupAffine}. */
export interface GroupAffineParams extends PlaneShape {
  /** Channels of a group. */
  readonly group: number;
  /** Added to the variance. */
  readonly epsilon: number;
}

/** Scale and shift that normalize groups of channels, from the moments of their planes; shader `norm/group_affine.wgsl`. */
export const groupAffine: Kernel<GroupAffineParams> = defineKernel({
  name: "group_affine",
  source: shaders.groupAffine,
  constants: (
    { batch, channels, pixels, group, epsilon }: GroupAffineParams,
  ) => ({
    planes: batch * blocksOf(channels),
    blocks: blocksOf(channels),
    pixels,
    group,
    epsilon,
  }),
  workgroups: ({ batch, channels }) => [
    Math.ceil(batch * blocksOf(channels) / 64),
    1,
    1,
  ],
});

/** Parameters of {@linkcode planeAffine}. */
export interface PlaneAffineParams extends PlaneShape {
  /** Whether negative results become zero. */
  readonly relu: boolean;
  /** WGSL of a `vec4f`: a formula of `value`, in the place of the ReLU. Default: none. */
  readonly formula?: string;
}

/** Scales and shifts each plane; shader `norm/plane_affine.wgsl`. */
export const planeAffine: Kernel<PlaneAffineParams> = defineKernel<
  PlaneAffineParams
>({
  name: "plane_affine",
  source: shaders.planeAffine,
  constants: ({ pixels, relu, formula }: PlaneAffineParams) => ({
    pixels,
    relu,
    has_formula: formula !== undefined,
  }),
  formula: valueFormula,
  workgroups: planeGrid,
});

/** Means of planes, from their moments; shader `pool/plane_mean.wgsl`. */
export const planeMean: Kernel<{ readonly planes: number }> = defineKernel({
  name: "plane_mean",
  source: shaders.planeMean,
  constants: ({ planes }: { readonly planes: number }) => ({ planes }),
  workgroups: ({ planes }) => [Math.ceil(planes / 64), 1, 1],
});
