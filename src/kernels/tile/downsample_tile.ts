import { defineKernel, type Kernel } from "../kernel.ts";
import { shaders } from "../shaders.ts";

/** What {@linkcode downsampleTile} needs to know of its operands. */
export interface DownsampleTileParams {
  /** Side of the square tile after downsampling. */
  readonly side: number;
  /** Slide pixels per tile pixel, each way. */
  readonly factor: number;
}

/** 8-bit RGB to a word a pixel, downsampled by area; shader `tile/downsample_tile.wgsl`. */
export const downsampleTile: Kernel<DownsampleTileParams> = defineKernel({
  name: "downsample_tile",
  source: shaders.downsampleTile,
  constants: ({ side, factor }: DownsampleTileParams) => ({ side, factor }),
  workgroups: ({ side }) => [Math.ceil(side * side / 256), 1, 1],
});
