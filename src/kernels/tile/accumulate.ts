import { defineKernel, type Kernel } from "../kernel.ts";
import { type Flip, pixelConstants, pixelWorkgroups } from "./load_tile.ts";
import { shaders } from "../shaders.ts";

/** What {@linkcode accumulate} needs to know of its operands. */
export interface AccumulateParams {
  /** Side of the square tile. */
  readonly side: number;
  /** Share of this prediction in the average. */
  readonly weight: number;
  /** How the tile was mirrored before it went through the network. */
  readonly flip: Flip;
}

/** Adds a prediction's share to the average probability; shader `tile/accumulate.wgsl`. */
export const accumulate: Kernel<AccumulateParams> = defineKernel({
  name: "accumulate",
  source: shaders.accumulate,
  constants: ({ side, weight, flip }: AccumulateParams) => ({
    ...pixelConstants({ side, flip }),
    weight,
  }),
  workgroups: pixelWorkgroups,
});
