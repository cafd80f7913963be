import {
  blocksOf,
  conv2d,
  conv2dPointwise,
  conv2dShared,
} from "../kernels/conv/conv2d.ts";
import { conv2dPatch } from "../kernels/conv/conv2d_patch.ts";
import { batchNorm } from "../kernels/norm.ts";
import { packedBytes } from "../kernels/pack.ts";
import type { Precision } from "../kernels/wgsl/specialize.ts";
import { Conv2dLayout, croppedWeight } from "./conv2d_layout.ts";
import { chooseVariant } from "./conv2d_variant.ts";
import {
  type Convolution,
  convolutionFlops,
  type ConvolutionSource,
  epilogueConstants,
  problemOf,
  weightConstant,
} from "./convolution.ts";
import { lowerWinograd } from "./lower_winograd.ts";
import {
  affineConstant,
  type Operation,
  type Scratch,
  type Target,
} from "./op.ts";
import type { Tensor } from "./tensor.ts";

const KERNELS = {
  direct: conv2d,
  pointwise: conv2dPointwise,
  shared: conv2dShared,
};

/** The kernels for a convolution, by the measured variant or that of the heuristics. */
export function lowerConv2d(
  convolution: Convolution,
  target: Target,
): readonly Operation[] {
  const { precision, subgroupSize } = target;
  const params = problemOf(convolution);
  const variant = target.variantOf?.(params) ?? chooseVariant(params, target);
  if (variant.algorithm === "winograd") {
    return lowerWinograd(convolution, { ...target, ...variant });
  }
  const program = variant.algorithm === "patch"
    ? conv2dPatch.program(
      { ...params, broadcast: subgroupSize === 8 },
      precision,
    )
    : KERNELS[variant.algorithm]
      .program({ ...params, tiling: variant.tiling }, precision);
  const { sources, epilogue: { residual } } = convolution;
  const normalized = sources.map((source) => normalize(source, precision));
  const tensors: Record<string, Tensor> = residual ? { residual } : {};
  const scratch: Record<string, Scratch> = {};
  sources.forEach(({ tensor }, i) => {
    const place = normalized[i]?.scratch.output;
    if (place) scratch[`input${i}`] = place;
    else tensors[`input${i}`] = tensor;
  });
  const constants = {
    weight: croppedWeight(weightConstant(convolution, precision), {
      stored: new Conv2dLayout(convolution).stored,
      side: params.kernel[0],
      precision,
    }),
    ...epilogueConstants(convolution),
  };
  const flops = convolutionFlops(convolution);
  return [
    ...normalized.filter((operation) => operation !== undefined),
    { program, tensors, constants, scratch, flops },
  ];
}

/** The operation that makes a normalized copy of a source, for kernels that do not normalize. */
function normalize({ tensor, norm }: ConvolutionSource, precision: Precision) {
  if (!norm) return undefined;
  const [batch, channels, height, width] = tensor.shape;
  return {
    program: batchNorm.program({
      batch,
      blocks: blocksOf(channels),
      pixels: height * width,
      relu: true,
    }, precision),
    tensors: { input: tensor },
    constants: { affine: affineConstant(norm) },
    scratch: { output: { size: packedBytes(tensor.shape, precision) } },
  };
}
