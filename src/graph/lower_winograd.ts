import {
  blocksOf,
  chooseTiling,
  conv2d,
  type Conv2dParams,
} from "../kernels/conv2d.ts";
import { winogradInput } from "../kernels/winograd_input.ts";
import { winogradOutput } from "../kernels/winograd_output.ts";
import { winogradWeight } from "../kernels/winograd_weight.ts";
import type { Conv2dOperands } from "./lower_conv2d.ts";
import type { ComputedConstant, Operation, Target } from "./lower_node.ts";

// Products for a tile of 4×4 outputs: one for each of 6×6 points.
const POINTS = 36;
// Bytes of transformed input or output at a time: enough to fill a GPU, little enough to stay in caches.
const STRIP_BYTES = 16 * 1024 * 1024;

/** Whether Winograd's convolution is possible and pays: it takes a quarter of the products, but more memory traffic. */
export function suitsWinograd(
  {
    batch,
    inputChannels,
    outputChannels,
    groups,
    kernel,
    stride,
    dilation,
    outputSize,
  }: Omit<Conv2dParams, "tiling">,
): boolean {
  const inputs = inputChannels.reduce((sum, channels) => sum + channels, 0);
  const tiles = batch * tilesOf(outputSize[0]) * tilesOf(outputSize[1]);
  return groups === 1 && kernel[0] === 3 && kernel[1] === 3 && stride === 1 &&
    dilation === 1 && inputs >= 16 && outputChannels >= 16 && tiles >= 16;
}

function tilesOf(length: number): number {
  return Math.ceil(length / 4);
}

/** A convolution by Winograd's F(4×4, 3×3): transform the input, 36 matrix products, transform back; strip by strip. */
export function lowerWinograd(
  { params, inputs, residual, weight, epilogue, flops }: Conv2dOperands,
  target: Target,
): Operation[] {
  const { precision } = target;
  const { batch, inputChannels, outputChannels, inputSize, outputSize } =
    params;
  const inputBlocks = inputChannels.reduce((n, c) => n + blocksOf(c), 0);
  const outputBlocks = blocksOf(outputChannels);
  const blockBytes = precision === "f16" ? 8 : 16;
  const across = tilesOf(outputSize[1]);
  const down = tilesOf(outputSize[0]);
  const tiles = batch * across * down;
  const tileBytes = POINTS * Math.max(inputBlocks, outputBlocks) * blockBytes;
  const most = Math.max(64, Math.floor(STRIP_BYTES / tileBytes / 64) * 64);
  // Strips of equal size share a tiling, and none is a small rest.
  const strips = Math.ceil(tiles / most);
  const strip = Math.min(tiles, Math.ceil(tiles / strips / 64) * 64);

  const transformed = { size: POINTS * inputBlocks * strip * blockBytes };
  const product = { size: POINTS * outputBlocks * strip * blockBytes };
  const transformedWeight: ComputedConstant = {
    key: `winograd ${weight.key}`,
    source: weight,
    binding: "weight",
    program: winogradWeight.program({
      inputChannels: inputBlocks * 4,
      outputChannels,
    }, precision),
    bytes: POINTS * outputBlocks * inputBlocks * 4 * blockBytes,
  };

  const operations: Operation[] = [];
  for (let first = 0; first < tiles; first += strip) {
    const count = Math.min(strip, tiles - first);
    const of = { across, down, first, count };
    inputs.forEach((input, index) =>
      operations.push({
        program: winogradInput.program({
          inputChannels,
          index,
          inputSize,
          padding: params.padding,
          strip: of,
        }, precision),
        tensors: { input },
        constants: {},
        scratch: { output: transformed },
      })
    );
    const products = {
      batch: 1,
      inputChannels: [POINTS * inputBlocks * 4],
      outputChannels: POINTS * outputBlocks * 4,
      groups: POINTS,
      inputSize: [1, count],
      outputSize: [1, count],
      kernel: [1, 1],
      stride: 1,
      padding: 0,
      dilation: 1,
      bias: false,
      residual: false,
      relu: false,
      affine: false,
    } as const;
    const tiling = chooseTiling(products, target);
    operations.push({
      program: conv2d.program({ ...products, tiling }, precision),
      tensors: {},
      constants: { weight: transformedWeight },
      scratch: { input0: transformed, output: product },
      flops: flops * count / tiles,
    });
    operations.push({
      program: winogradOutput.program({ ...params, strip: of }, precision),
      tensors: residual ? { residual } : {},
      constants: epilogue,
      scratch: { input: product },
    });
  }
  return operations;
}
