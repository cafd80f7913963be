import { blocksOf, conv2d, conv2dPointwise } from "../kernels/conv/conv2d.ts";
import { addParts, conv2dShared } from "../kernels/conv/conv2d_shared.ts";
import { conv2dPatch } from "../kernels/conv/conv2d_patch.ts";
import { batchNorm } from "../kernels/norm.ts";
import { packedBytes } from "../kernels/pack.ts";
import type { Precision } from "../kernels/wgsl/specialize.ts";
import { Conv2dLayout, croppedWeight } from "./conv2d_layout.ts";
import { chooseVariant } from "./conv2d_variant.ts";
import { partsBytes } from "./split_sums.ts";
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

const KERNELS = { direct: conv2d, pointwise: conv2dPointwise };

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
  const { sources, epilogue: { residual } } = convolution;
  const normalized = sources.map((source) => normalize(source, precision));
  const tensors: Record<string, Tensor> = residual ? { residual } : {};
  const scratch: Record<string, Scratch> = {};
  sources.forEach(({ tensor }, i) => {
    const place = normalized[i]?.scratch.output;
    if (place) scratch[`input${i}`] = place;
    else tensors[`input${i}`] = tensor;
  });
  const weight = croppedWeight(weightConstant(convolution, precision), {
    stored: new Conv2dLayout(convolution).stored,
    side: params.kernel[0],
    precision,
  });
  const constants = { weight, ...epilogueConstants(convolution) };
  const flops = convolutionFlops(convolution);
  const before = normalized.filter((operation) => operation !== undefined);
  if (variant.algorithm === "shared" && variant.splits) {
    const { residual, ...inputs } = tensors;
    const { weight, ...rest } = constants;
    const parts = { size: partsBytes(params, variant.splits) };
    return [...before, {
      program: conv2dShared.program(
        { ...params, ...NO_EPILOGUE, ...variant },
        precision,
      ),
      tensors: inputs,
      constants: { weight },
      scratch: { ...scratch, output: parts },
      flops,
    }, {
      program: addParts.program({ ...params, ...variant }, precision),
      tensors: residual ? { residual } : {},
      constants: rest,
      scratch: { input: parts },
    }];
  }
  const program = variant.algorithm === "patch"
    ? conv2dPatch.program(
      { ...params, broadcast: subgroupSize === 8 },
      precision,
    )
    : variant.algorithm === "shared"
    ? conv2dShared.program({ ...params, ...variant }, precision)
    : KERNELS[variant.algorithm]
      .program({ ...params, tiling: variant.tiling }, precision);
  return [...before, { program, tensors, constants, scratch, flops }];
}

/** What a kernel that computes parts of sums leaves to the one that adds them up. */
const NO_EPILOGUE = {
  bias: false,
  residual: false,
  relu: false,
  formula: undefined,
  affine: false,
};

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
