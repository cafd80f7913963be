import { defineKernel, type Kernel } from "../kernel.ts";
import { shaders } from "../shaders.ts";
import type { AugmentTileParams } from "./warp_tile.ts";

/** What {@linkcode blurTile} needs to know. */
export interface BlurTileParams extends AugmentTileParams {
  /** Taps of the Gaussian each way. */
  readonly taps: 3 | 5 | 7;
}

/** OpenCV's weights from the middle outwards, which it tabulates for 8-bit pictures. */
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
