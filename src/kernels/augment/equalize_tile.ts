import { defineKernel, type Kernel } from "../kernel.ts";
import { shaders } from "../shaders.ts";
import type { AugmentTileParams } from "./warp_tile.ts";

/** Tabulates how CLAHE changes a training tile's lightness; shader `augment/equalize_tile.wgsl`. */
export const equalizeTile: Kernel<AugmentTileParams> = defineKernel({
  name: "equalize_tile",
  source: shaders.equalizeTile,
  constants: ({ side }: AugmentTileParams) => ({ side }),
  workgroups: () => [64, 1, 1],
});
