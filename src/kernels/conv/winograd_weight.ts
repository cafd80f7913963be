import { blocksOf } from "./conv2d.ts";
import { defineKernel, type Kernel } from "../kernel.ts";
import { shaders } from "../shaders.ts";

/** What {@linkcode winogradWeight} needs to know of its operands. */
export interface WinogradWeightParams {
  /** Channels of all inputs, each rounded up to blocks of four. */
  readonly inputChannels: number;
  /** Channels of the output. */
  readonly outputChannels: number;
}

/** Winograd's transform of packed 3×3 weights into packed 1×1 weights of 36 groups; shader `conv/winograd_weight.wgsl`. */
export const winogradWeight: Kernel<WinogradWeightParams> = defineKernel({
  name: "winograd_weight",
  source: shaders.winogradWeight,
  constants: ({ inputChannels, outputChannels }: WinogradWeightParams) => ({
    inputs: blocksOf(inputChannels) * 4,
    output_blocks: blocksOf(outputChannels),
    ragged: blocksOf(inputChannels) % 16 > 0,
  }),
  workgroups: ({ inputChannels, outputChannels }) => [
    Math.ceil(blocksOf(inputChannels) * 4 / 64),
    blocksOf(outputChannels),
    1,
  ],
});
