import {
  chooseVariant,
  type Conv2dProblem,
  type Conv2dVariant,
  type VariantOptions,
  winogradTiles,
} from "../../graph/conv2d_variant.ts";
import { chooseTiling } from "../../kernels/conv/conv2d.ts";

// Weights change with each step, and fewer tiles do not pay for their transform.
const LEAST_TILES = 32;

/** The way to compute a convolution in training's forward pass. */
export function forwardVariant(
  problem: Conv2dProblem,
  options: VariantOptions,
): Conv2dVariant {
  const variant = chooseVariant(problem, options);
  return variant.algorithm === "winograd" &&
      winogradTiles(problem) < LEAST_TILES
    ? { algorithm: "direct", tiling: chooseTiling(problem, options) }
    : variant;
}
