import { blocksOf } from "./conv/conv2d.ts";
import { defineKernel, type Kernel } from "./kernel.ts";
import { shaders } from "./shaders.ts";

/** Parameters of {@linkcode resizeBilinear}. */
export interface ResizeBilinearParams {
  /** Batch times blocks of four channels. */
  readonly planes: number;
  /** Height and width of the input. */
  readonly inputSize: readonly [number, number];
  /** Height and width of the output. */
  readonly outputSize: readonly [number, number];
  /** Whether a tensor of the output's shape is added. Default: false. */
  readonly residual?: boolean;
  /** Whether there is a single channel, in a block padded with zeros. Default: false. */
  readonly single?: boolean;
}

/** Bilinear resize, align_corners=False; shader `resize/resize_bilinear.wgsl`. */
export const resizeBilinear: Kernel<ResizeBilinearParams> = defineKernel({
  name: "resize_bilinear",
  source: shaders.resizeBilinear,
  constants: (
    { planes, inputSize, outputSize, residual = false, single = false }:
      ResizeBilinearParams,
  ) => ({
    planes,
    input_height: inputSize[0],
    input_width: inputSize[1],
    output_height: outputSize[0],
    output_width: outputSize[1],
    ...columnThreads(outputSize[1]),
    has_residual: residual,
    single,
  }),
  workgroups({ inputSize, outputSize, planes }) {
    const { lanes, rows } = columnThreads(outputSize[1]);
    return [
      Math.ceil(outputSize[1] / lanes),
      Math.ceil(planes / rows),
      Math.max(1, inputSize[0] - 1),
    ];
  },
});

/** Divides a workgroup of at most 64 threads into columns and planes. Vector units process 8 columns. */
function columnThreads(columns: number) {
  const lanes = Math.min(64, Math.ceil(columns / 8) * 8);
  return { lanes, rows: Math.floor(64 / lanes) };
}

/** Parameters of {@linkcode pixelShuffle}. */
export interface PixelShuffleParams {
  /** Images in the batch. */
  readonly batch: number;
  /** Channels of the input: `factor` squared times those of the output. */
  readonly inputChannels: number;
  /** Height and width of the input. */
  readonly inputSize: readonly [number, number];
  /** Upscaling factor of height and width. */
  readonly factor: number;
}

/** Rearranges channels into neighboring pixels (Shi et al. 2016, arXiv 1609.05158); shader `resize/pixel_shuffle.wgsl`. */
export const pixelShuffle: Kernel<PixelShuffleParams> = defineKernel({
  name: "pixel_shuffle",
  source: shaders.pixelShuffle,
  constants: ({ inputChannels, inputSize, factor }: PixelShuffleParams) => ({
    input_channels: inputChannels,
    output_channels: inputChannels / (factor * factor),
    input_height: inputSize[0],
    input_width: inputSize[1],
    factor,
  }),
  workgroups: (
    { batch, inputChannels, inputSize: [height, width], factor },
  ) => [
    Math.ceil(height * width * factor * factor / 256),
    blocksOf(inputChannels / (factor * factor)),
    batch,
  ],
});
