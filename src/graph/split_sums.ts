import { blocksOf } from "../kernels/conv/conv2d.ts";
import type { Conv2dProblem } from "./conv2d_problem.ts";

/** Most bytes of the parts of a layer's sums: they pay for planes that are too small to fill a GPU. */
const MOST_BYTES = 16 * 2 ** 20;
/** Least blocks of each input in a part. */
const LEAST_BLOCKS = 8;

/** Numbers of parts of a sum that are worth computing in different workgroups. */
export function splitsOf(problem: Conv2dProblem): number[] {
  const { inputChannels, groups, shuffle } = problem;
  if (shuffle) return [];
  const blocks = Math.min(...inputChannels.map(blocksOf)) / groups;
  return [2, 4, 8].filter((splits) =>
    blocks >= splits * LEAST_BLOCKS &&
    partsBytes(problem, splits) <= MOST_BYTES
  );
}

/** Bytes of all parts of a convolution's sums, in 32 bits. */
export function partsBytes(
  { batch, outputChannels, outputSize: [height, width] }: Conv2dProblem,
  splits: number,
): number {
  return splits * batch * blocksOf(outputChannels) * height * width * 16;
}
