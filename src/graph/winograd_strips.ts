import { blocksOf } from "../kernels/conv/conv2d.ts";
import type { Precision } from "../kernels/wgsl/specialize.ts";
import type { WinogradStrip } from "../kernels/conv/winograd_input.ts";
import {
  type Conv2dProblem,
  winogradProducts,
  winogradTiles,
} from "./conv2d_variant.ts";

/** How Winograd's tiles are taken in turns, so that what is transformed fits caches. */
export interface WinogradStrips {
  /** The strips. */
  readonly strips: readonly WinogradStrip[];
  /** Bytes of a strip's transformed input, at most. */
  readonly inputBytes: number;
  /** Bytes of a strip's products, at most. */
  readonly outputBytes: number;
}

// Bytes of transformed input or output at a time: enough to fill a GPU, little enough to stay in caches.
const STRIP_BYTES = 16 * 1024 * 1024;

/** Cuts the tiles of a convolution into about equal strips. */
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
  // Strips are about equal, as a small rest would run badly.
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
