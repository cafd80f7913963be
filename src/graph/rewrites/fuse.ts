import {
  convolutionOf,
  fusedConv2d,
  isConvolution,
} from "../fused/fused_conv2d.ts";
import { isDepthwise } from "../fused/depthwise.ts";
import { fuse, unfused } from "../fused/fused_node.ts";
import { reluOp } from "../ops/activation.ts";
import { addOp } from "../ops/add.ts";
import { affineOf, batchNormOp } from "../ops/batch_norm.ts";
import type { Formula } from "../formula.ts";
import { conv2dOp } from "../ops/conv2d.ts";
import { leakyReluOp } from "../ops/leaky_relu.ts";
import { pixelShuffleOp } from "../ops/pixel_shuffle.ts";
import { pointwiseOp } from "../ops/pointwise.ts";
import { resizeBilinearOp } from "../ops/resize_bilinear.ts";
import type { RewriteRule } from "../rewrite_graph.ts";
import type { Parameter, Tensor } from "../tensor.ts";

/** Folds a batch norm into the weight and bias of the convolution before it, unless something else reads that. */
export const foldBatchNorm: RewriteRule = (node, { uses }) => {
  const [input] = node.inputs;
  if (
    !batchNormOp.is(node) || !conv2dOp.is(input) || uses(0) > 1
  ) return node;
  const { weight, bias } = input.parameters;
  const { scale, shift } = affineOf(node);
  const foldedWeight: Parameter = {
    name: `${input.name}.weight+${node.name}`,
    shape: weight.shape,
    derived: {
      rule: "computed",
      sources: [weight, scale],
      compute(w, s) {
        const size = w.length / s.length;
        return w.map((value, i) => value * s[Math.floor(i / size)]);
      },
    },
  };
  const foldedBias: Parameter = {
    name: `${input.name}.bias+${node.name}`,
    shape: shift.shape,
    derived: bias
      ? {
        rule: "computed",
        sources: [bias, scale, shift],
        compute: (b, s, t) => b.map((value, i) => value * s[i] + t[i]),
      }
      : { rule: "computed", sources: [shift], compute: (t) => t },
  };
  return {
    ...input,
    parameters: { weight: foldedWeight, bias: foldedBias },
  };
};

/** Fuses a ReLU into the layer before it, unless something else reads that. */
export const fuseRelu: RewriteRule = (node, { uses }) =>
  reluOp.is(node) && uses(0) === 1
    ? fuse(node.inputs[0], { relu: true }) ?? node
    : node;

/** Fuses a sum and its ReLU into a layer before it that `takes` it, unless something else reads that. */
export function fuseSum(takes: (input: Tensor) => boolean): RewriteRule {
  return (node, { uses }) => {
    const { base, epilogue: { relu } } = unfused(node);
    if (!addOp.is(base)) return node;
    for (const [i, input] of base.inputs.entries()) {
      const residual = base.inputs[1 - i];
      if (uses(i) > 1 || residual === input || !takes(input)) continue;
      const sum = fuse(input, { residual });
      const result = sum && relu ? fuse(sum, { relu }) : sum;
      if (result) return result;
    }
    return node;
  };
}

/**
 * Fuses a formula of one tensor, such as SiLU, into the layer before it, unless something else reads that. Channels must fill
 * their blocks: what pads the last would not stay zero.
 */
const fuseFormula: RewriteRule = (node, { uses }) => {
  const formula = activationOf(node);
  return formula && uses(0) === 1 && node.shape[1] % 4 === 0
    ? fuse(node.inputs[0], { formula }) ?? node
    : node;
};

/** The formula of an activation function that is not a ReLU. */
function activationOf(node: Tensor): Formula | undefined {
  if (leakyReluOp.is(node)) {
    const x = { tensor: 0 };
    const scaled: Formula = { name: "multiply", of: [x, node.slope] };
    const name = node.slope <= 1 ? "maximum" : "minimum";
    return { name, of: [x, scaled] };
  }
  return pointwiseOp.is(node) && node.inputs.length === 1 &&
      node.channelParameters.length === 0
    ? node.formula
    : undefined;
}

/** Fuses a batch norm with running statistics into the convolution before it, even after a ReLU. */
const fuseNorm: RewriteRule = (node, { uses }) =>
  batchNormOp.is(node) && uses(0) === 1
    ? fuse(node.inputs[0], { norm: affineOf(node) }) ?? node
    : node;

const RULES = [
  fuseRelu,
  fuseFormula,
  fuseSum((input) =>
    isConvolution(input) || isDepthwise(input) || resizeBilinearOp.is(input)
  ),
  fuseNorm,
];

/** Fuses a sum, an activation and a batch norm into the convolution before them, and a ReLU into a batch norm or sum. */
export const fuseEpilogue: RewriteRule = (node, context) => {
  for (const rule of RULES) {
    const fused = rule(node, context);
    if (fused !== node) return fused;
  }
  return node;
};

/**
 * Fuses a pixel shuffle by 2 into the convolution before it, unless something else reads that: threads that hold sixteen
 * channels hold four channels of four pixels.
 */
export const storeShuffle: RewriteRule = (node, { uses }) => {
  const [input] = node.inputs;
  if (
    !pixelShuffleOp.is(node) || node.factor !== 2 || uses(0) > 1 ||
    !isConvolution(input) || input.groups > 1 || input.shape[1] % 16 !== 0
  ) return node;
  const convolution = convolutionOf(input);
  const { epilogue } = convolution;
  return epilogue.residual || epilogue.norm || epilogue.shuffle
    ? node
    : fusedConv2d({
      ...convolution,
      shape: node.shape,
      epilogue: { ...epilogue, shuffle: true },
    });
};
