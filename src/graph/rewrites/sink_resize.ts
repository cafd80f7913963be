import { add } from "../ops/add.ts";
import { concat, concatOp } from "../ops/concat.ts";
import { type Conv2dNode, conv2dOp } from "../ops/conv2d.ts";
import { resizeBilinearOp } from "../ops/resize_bilinear.ts";
import type { RewriteRule } from "../rewrite_graph.ts";
import type { Parameter, Tensor } from "../tensor.ts";

/**
 * Moves a 1×1 convolution of enlarged tensors, alone or in a concat, before their resizes, and adds up the results. Both are
 * linear, one in the channels and the other in the pixels. If a convolution precedes the resize, the two become one. So the
 * head of a feature pyramid costs one small convolution per level, and a branch of one pixel becomes a bias. The bias does
 * not change, because the weights of a bilinear resize sum to one.
 */
export const sinkResize: RewriteRule = (node) => {
  if (!conv2dOp.is(node) || !is1x1(node)) return node;
  const [input] = node.inputs;
  const parts = concatOp.is(input) ? input.inputs : [input];
  const enlarged = parts.filter(isEnlarged);
  if (enlarged.length === 0) return node;

  const { weight, bias } = node.parameters;
  let start = 0;
  const starts = parts.map(({ shape }) => (start += shape[1]) - shape[1]);
  const others = parts.filter((part) => !isEnlarged(part));
  const sums: Tensor[] = [];
  if (others.length > 0) {
    const slices = others.map((part) => starts[parts.indexOf(part)]);
    sums.push({
      ...node,
      inputs: [
        others.length > 1 ? concat(others, { name: input.name }) : others[0],
      ],
      parameters: {
        ...node.parameters,
        weight: sliceInputs(weight, {
          name: `${node.name}.weight-resized`,
          slices: others.map(({ shape }, i) => [slices[i], shape[1]]),
        }),
      },
    });
  }
  parts.forEach((part, i) => {
    if (!isEnlarged(part)) return;
    const slice = sliceInputs(weight, {
      name: `${node.name}.weight.${i}`,
      slices: [[starts[i], part.shape[1]]],
    });
    const own = sums.length === 0 ? bias : undefined;
    sums.push(moveBefore(node, { part, weight: slice, bias: own, index: i }));
  });
  return sums.reduce((sum, part) => add(sum, part));
};

function is1x1(node: Conv2dNode): boolean {
  return node.kernel === 1 && node.stride === 1 && node.padding === 0 &&
    node.groups === 1;
}

function isEnlarged(part: Tensor): boolean {
  if (!resizeBilinearOp.is(part)) return false;
  const [, , height, width] = part.inputs[0].shape;
  return part.shape[2] >= height && part.shape[3] >= width;
}

/** Turns `conv1x1(resize(x))` into `resize(conv1x1(x))`, merged with the convolution before the resize, if any. */
function moveBefore(
  node: Conv2dNode,
  { part, weight, bias, index }: {
    readonly part: Tensor;
    readonly weight: Parameter;
    readonly bias: Parameter | undefined;
    readonly index: number;
  },
): Tensor {
  const [source] = part.inputs;
  const [batch, , height, width] = source.shape;
  const name = `${node.name}.${index}`;
  const shape = [batch, node.shape[1], height, width] as const;
  const moved: Conv2dNode = conv2dOp.is(source) && source.groups === 1
    ? {
      ...source,
      name,
      shape,
      parameters: compose(source, { name, weight, bias }),
    }
    : {
      ...node,
      name,
      shape,
      inputs: [source],
      parameters: bias ? { weight, bias } : { weight },
    };
  return {
    ...part,
    inputs: [moved],
    shape: [batch, node.shape[1], part.shape[2], part.shape[3]],
  };
}

/** The parameters of a convolution followed by a 1×1. */
function compose(
  { parameters }: Conv2dNode,
  { name, weight, bias }: {
    readonly name: string;
    readonly weight: Parameter;
    readonly bias: Parameter | undefined;
  },
): Record<string, Parameter> {
  const [outputs, middle] = weight.shape;
  const multiply = (mix: Float32Array, values: Float32Array) => {
    const size = values.length / middle;
    const result = new Float32Array(outputs * size);
    for (let o = 0; o < outputs; o++) {
      for (let i = 0; i < size; i++) {
        let sum = 0;
        for (let m = 0; m < middle; m++) {
          sum += mix[o * middle + m] * values[m * size + i];
        }
        result[o * size + i] = sum;
      }
    }
    return result;
  };
  const composed: Record<string, Parameter> = {
    weight: {
      name: `${name}.weight*`,
      shape: [outputs, ...parameters.weight.shape.slice(1)],
      derived: {
        rule: "computed",
        sources: [weight, parameters.weight],
        compute: multiply,
      },
    },
  };
  if (parameters.bias) {
    composed.bias = {
      name: `${name}.bias*`,
      shape: [outputs],
      derived: {
        rule: "computed",
        sources: [weight, parameters.bias, ...(bias ? [bias] : [])],
        compute: (mix, values, own) =>
          multiply(mix, values).map((value, o) => value + (own?.[o] ?? 0)),
      },
    };
  } else if (bias) composed.bias = bias;
  return composed;
}

/** The weight of a 1×1 convolution that reads only the given ranges of channels. */
function sliceInputs(
  weight: Parameter,
  { name, slices }: {
    readonly name: string;
    readonly slices: readonly (readonly [start: number, count: number])[];
  },
): Parameter {
  const [outputs, inputs] = weight.shape;
  const count = slices.reduce((sum, [, count]) => sum + count, 0);
  return {
    name,
    shape: [outputs, count, 1, 1],
    derived: {
      rule: "computed",
      sources: [weight],
      compute(values) {
        const result = new Float32Array(outputs * count);
        let at = 0;
        for (let o = 0; o < outputs; o++) {
          for (const [start, length] of slices) {
            const from = o * inputs + start;
            result.set(values.subarray(from, from + length), at);
            at += length;
          }
        }
        return result;
      },
    },
  };
}
