import { defineKernel, type Kernel } from "../kernel.ts";
import { shaders } from "../shaders.ts";

/** What the kernels of augmentation need to know of a tile. */
export interface AugmentTileParams {
  /** Side of the square tile, a multiple of 8. */
  readonly side: number;
}

/** Moves a training tile's pixels and its mask, and adds noise; shader `augment/warp_tile.wgsl`. */
export const warpTile: Kernel<AugmentTileParams> = defineKernel({
  name: "warp_tile",
  source: shaders.warpTile,
  constants: ({ side }: AugmentTileParams) => ({ side }),
  workgroups: ({ side }) => [Math.ceil(side * side / 256), 1, 1],
});
