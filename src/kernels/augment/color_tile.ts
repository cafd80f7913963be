import { defineKernel, type Kernel } from "../kernel.ts";
import {
  type Normalization,
  normalizationConstants,
} from "../tile/load_tile.ts";
import { shaders } from "../shaders.ts";
import type { AugmentTileParams } from "./warp_tile.ts";

/** What {@linkcode colorTile} needs to know. */
export interface ColorTileParams extends AugmentTileParams {
  /** Mean and deviation of each channel, of 0 to 1. */
  readonly normalization: Normalization;
}

/** Changes a training tile's colors, normalizes it and cuts out a part; shader `augment/color_tile.wgsl`. */
export const colorTile: Kernel<ColorTileParams> = defineKernel({
  name: "color_tile",
  source: shaders.colorTile,
  constants: ({ side, normalization }: ColorTileParams) => ({
    side,
    ...normalizationConstants(normalization),
  }),
  workgroups: ({ side }) => [Math.ceil(side * side / 256), 1, 1],
});
