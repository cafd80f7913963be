import { defineKernel, type Kernel } from "../kernel.ts";
import { shaders } from "../shaders.ts";

/** What {@linkcode dropout2d} needs to know of its operands. */
export interface Dropout2dParams {
  /** Batch times blocks of four channels. */
  readonly planes: number;
  /** Pixels of a plane. */
  readonly pixels: number;
  /** Which of the network's dropouts, so that they drop independently. */
  readonly layer: number;
  /** Share of the channels that are dropped, below 1. */
  readonly probability: number;
}

/** Drops channels at random and scales the rest, forward and backward alike; shader `norm/dropout2d.wgsl`. */
export const dropout2d: Kernel<Dropout2dParams> = defineKernel({
  name: "dropout2d",
  source: shaders.dropout2d,
  constants: ({ pixels, layer, probability }: Dropout2dParams) => ({
    pixels,
    layer,
    threshold: Math.round(probability * 2 ** 32),
    keep: 1 / (1 - probability),
  }),
  workgroups: ({ planes, pixels }) => [Math.ceil(pixels / 256), planes, 1],
});
