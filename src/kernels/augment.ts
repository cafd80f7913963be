import { defineKernel, type Kernel } from "./kernel.ts";
import { shaders } from "./shaders.ts";
import { type Normalization, normalizationConstants } from "./tile.ts";

/** Parameters that all augmentation kernels share. */
export interface AugmentTileParams {
  /** Side of the square tile, a multiple of 8. */
  readonly side: number;
}

/** Warps a training tile and its mask, and adds noise; shader `augment/warp_tile.wgsl`. */
export const warpTile: Kernel<AugmentTileParams> = defineKernel({
  name: "warp_tile",
  source: shaders.warpTile,
  constants: ({ side }: AugmentTileParams) => ({ side }),
  workgroups: ({ side }) => [Math.ceil(side * side / 256), 1, 1],
});

/** Parameters of {@linkcode blurTile}. */
export interface BlurTileParams extends AugmentTileParams {
  /** Side of the Gaussian kernel. */
  readonly taps: 3 | 5 | 7;
}

/** The weights that OpenCV tabulates for 8-bit images, from the center outward. */
const WEIGHTS = {
  3: [0.5, 0.25, 0, 0],
  5: [0.375, 0.25, 0.0625, 0],
  7: [0.28125, 0.21875, 0.109375, 0.03125],
};

/** Blurs a training tile; shader `augment/blur_tile.wgsl`. */
export const blurTile: Kernel<BlurTileParams> = defineKernel({
  name: "blur_tile",
  source: shaders.blurTile,
  constants: ({ side, taps }: BlurTileParams) => ({
    side,
    radius: (taps - 1) / 2,
    weight_0: WEIGHTS[taps][0],
    weight_1: WEIGHTS[taps][1],
    weight_2: WEIGHTS[taps][2],
    weight_3: WEIGHTS[taps][3],
  }),
  workgroups: ({ side }) => [Math.ceil(side * side / 256), 1, 1],
});

/** Computes CLAHE's lookup tables for the lightness of a training tile; shader `augment/equalize_tile.wgsl`. */
export const equalizeTile: Kernel<AugmentTileParams> = defineKernel({
  name: "equalize_tile",
  source: shaders.equalizeTile,
  constants: ({ side }: AugmentTileParams) => ({ side }),
  workgroups: () => [64, 1, 1],
});

/** Parameters of {@linkcode colorTile}. */
export interface ColorTileParams extends AugmentTileParams {
  /** How pixel values are normalized. */
  readonly normalization: Normalization;
}

/** Changes a training tile's colors, normalizes it and erases a cutout; shader `augment/color_tile.wgsl`. */
export const colorTile: Kernel<ColorTileParams> = defineKernel({
  name: "color_tile",
  source: shaders.colorTile,
  constants: ({ side, normalization }: ColorTileParams) => ({
    side,
    ...normalizationConstants(normalization),
  }),
  workgroups: ({ side }) => [Math.ceil(side * side / 256), 1, 1],
});
