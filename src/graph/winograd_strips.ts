import { blocksOf, sumOfBlocks } from "../kernels/conv/conv2d.ts";
import type { WinogradStrip } from "../kernels/conv/winograd.ts";
import type { Precision } from "../kernels/wgsl/specialize.ts";
import type { Conv2dProblem } from "./conv2d_problem.ts";

// Products per tile of 4×4 outputs: one for each of 6×6 points.
const POINTS = 36;

/** Winograd's tiles in strips, whose transforms fit in caches. */
export interface WinogradStrips {
  readonly strips: readonly WinogradStrip[];
  /** Most bytes of a strip's transformed input. */
  readonly inputBytes: number;
  /** Most bytes of a strip's products. */
  readonly outputBytes: number;
}

// Bytes of transformed input or output per strip: enough to fill a GPU, but few enough to stay in caches.
const STRIP_BYTES = 16 * 1024 * 1024;

/** Divides the tiles of a convolution into roughly equal strips. */
export function winogradStrips(
  params: Conv2dProblem,
  precision: Precision,
): WinogradStrips {
  const [down, across] = params.outputSize
    .map((length) => Math.ceil(length / 4));
  const tiles = winogradTiles(params);
  const blockBytes = precision === "f16" ? 8 : 16;
  const one = winogradProducts(params, 1);
  const inputBytes = blocksOf(one.inputChannels[0]) * blockBytes;
  const outputBytes = blocksOf(one.outputChannels) * blockBytes;
  const tileBytes = Math.max(inputBytes, outputBytes);
  // The strips are roughly equal, because a small remainder would run inefficiently.
  const count = Math.ceil(tiles * tileBytes / STRIP_BYTES);
  const length = Math.min(tiles, Math.ceil(tiles / count / 64) * 64);
  const strips: WinogradStrip[] = [];
  for (let first = 0; first < tiles; first += length) {
    const count = Math.min(length, tiles - first);
    strips.push({ across, down, first, count });
  }
  return {
    strips,
    inputBytes: inputBytes * length,
    outputBytes: outputBytes * length,
  };
}

/** Tiles of 4×4 outputs in all images. */
export function winogradTiles({ batch, outputSize }: Conv2dProblem): number {
  const [down, across] = outputSize.map((length) => Math.ceil(length / 4));
  return batch * down * across;
}

/** Winograd's products for `tiles` tiles: a 1×1 convolution with a group per point. */
export function winogradProducts(
  { inputChannels, outputChannels }: Conv2dProblem,
  tiles: number,
): Conv2dProblem {
  const inputBlocks = sumOfBlocks(inputChannels);
  return {
    batch: 1,
    inputChannels: [POINTS * inputBlocks * 4],
    outputChannels: POINTS * blocksOf(outputChannels) * 4,
    groups: POINTS,
    inputSize: [1, tiles],
    outputSize: [1, tiles],
    kernel: [1, 1],
    stride: 1,
    padding: 0,
    dilation: 1,
    bias: false,
    residual: false,
    relu: false,
    affine: false,
  };
}
