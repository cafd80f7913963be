import { blocksOf, conv2d, type Conv2dTiling } from "../kernels/conv2d.ts";
import { winogradInput } from "../kernels/winograd_input.ts";
import { winogradOutput } from "../kernels/winograd_output.ts";
import { winogradWeight } from "../kernels/winograd_weight.ts";
import { winogradProducts, winogradTiles } from "./conv2d_variant.ts";
import type { Conv2dOperands } from "./lower_conv2d.ts";
import type { ComputedConstant, Operation, Target } from "./lower_node.ts";

// Bytes of transformed input or output at a time: enough to fill a GPU, little enough to stay in caches.
const STRIP_BYTES = 16 * 1024 * 1024;

/** A convolution by Winograd's F(4×4, 3×3): transform the input, 36 matrix products, transform back; strip by strip. */
export function lowerWinograd(
  { params, inputs, residual, weight, epilogue, flops }: Conv2dOperands,
  { precision, tiling }: Target & { readonly tiling: Conv2dTiling },
): Operation[] {
  const { inputChannels, outputChannels, inputSize, outputSize } = params;
  const [down, across] = outputSize.map((length) => Math.ceil(length / 4));
  const tiles = winogradTiles(params);
  const blockBytes = precision === "f16" ? 8 : 16;
  const one = winogradProducts(params, 1);
  const inputBytes = blocksOf(one.inputChannels[0]) * blockBytes;
  const outputBytes = blocksOf(one.outputChannels) * blockBytes;
  const tileBytes = Math.max(inputBytes, outputBytes);
  // Strips are about equal, as a small rest would run badly.
  const strips = Math.ceil(tiles * tileBytes / STRIP_BYTES);
  const strip = Math.min(tiles, Math.ceil(tiles / strips / 64) * 64);

  const transformed = { size: inputBytes * strip };
  const product = { size: outputBytes * strip };
  const transformedWeight: ComputedConstant = {
    key: `winograd ${weight.key}`,
    source: weight,
    binding: "weight",
    program: winogradWeight.program({
      inputChannels: inputChannels.reduce((n, c) => n + blocksOf(c) * 4, 0),
      outputChannels,
    }, precision),
    bytes: outputBytes * inputChannels.reduce((n, c) => n + blocksOf(c), 0) * 4,
  };

  const operations: Operation[] = [];
  for (let first = 0; first < tiles; first += strip) {
    const count = Math.min(strip, tiles - first);
    const of = { across, down, first, count };
    inputs.forEach((input, index) => {
      const { padding } = params;
      const program = winogradInput.program(
        { inputChannels, index, inputSize, padding, strip: of },
        precision,
      );
      const scratch = { output: transformed };
      operations.push({ program, tensors: { input }, constants: {}, scratch });
    });
    operations.push({
      program: conv2d.program(
        { ...winogradProducts(params, count), tiling },
        precision,
      ),
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
