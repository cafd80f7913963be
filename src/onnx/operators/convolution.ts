import { conv2d } from "../../graph/ops/conv2d.ts";
import { pad2d } from "../../graph/ops/pad2d.ts";
import { pixelShuffle } from "../../graph/ops/pixel_shuffle.ts";
import type { Tensor } from "../../graph/tensor.ts";
import {
  constantOf,
  image,
  imageOf,
  type ImportOperator,
  listOf,
  numberOf,
  type OperatorContext,
  textOf,
} from "../value.ts";

/** The four sides of padding: above, left, below, right. */
export type Pads = readonly [
  top: number,
  left: number,
  bottom: number,
  right: number,
];

/** Two numbers of an attribute, for height and width. */
export function pairOf(
  context: OperatorContext,
  name: string,
  usual?: readonly [number, number],
): [number, number] {
  const list = listOf(context, name) ?? usual;
  if (list?.length === 2) return [list[0], list[1]];
  throw context.refuse(
    `its ${name} must be two numbers, as of pictures, not ${
      list?.join(", ") ?? "missing"
    }`,
  );
}

/** The padding of a window, from `pads` or `auto_pad`. */
export function padsOf(
  context: OperatorContext,
  { shape: [, , height, width] }: Tensor,
  { kernel, stride, dilation }: Readonly<
    Record<"kernel" | "stride" | "dilation", readonly [number, number]>
  >,
): Pads {
  const auto = textOf(context, "auto_pad", "NOTSET");
  if (auto === "NOTSET") {
    const pads = listOf(context, "pads") ?? [0, 0, 0, 0];
    if (pads.length === 4 && pads.every((one) => one >= 0)) {
      return [pads[0], pads[1], pads[2], pads[3]];
    }
    throw context.refuse(`its pads are ${pads.join(", ")}`);
  }
  if (auto === "VALID") return [0, 0, 0, 0];
  const sides = [height, width].map((side, i) => {
    const out = Math.ceil(side / stride[i]);
    const span = dilation[i] * (kernel[i] - 1) + 1;
    const total = Math.max(0, (out - 1) * stride[i] + span - side);
    const less = Math.floor(total / 2);
    return auto === "SAME_LOWER" ? [total - less, less] : [less, total - less];
  });
  return [sides[0][0], sides[1][0], sides[0][1], sides[1][1]];
}

/** A weight's shape and values. */
function weightOf(context: OperatorContext) {
  const weight = constantOf(context, 1);
  if (weight?.dims.length === 4) return weight;
  throw context.refuse(
    `its weight is ${weight?.dims.join("×") ?? "missing"}, not of four sizes`,
  );
}

function biasOf(context: OperatorContext, channels: number) {
  const bias = constantOf(context, 2);
  return {
    bias: bias !== undefined,
    values: bias?.values ?? new Float32Array(channels),
  };
}

/** A Conv: a rectangular kernel becomes a square one of which some taps are zero. */
const conv: ImportOperator = (context) => {
  let input = imageOf(context);
  const { dims, values } = weightOf(context);
  const [channels, inputs, ...kernel] = dims;
  const stride = pairOf(context, "strides", [1, 1]);
  const [height, width] = kernel;
  const dilations = pairOf(context, "dilations", [1, 1]);
  // A side of one tap has any dilation.
  const dilation: [number, number] = height === 1
    ? [dilations[1], dilations[1]]
    : width === 1
    ? [dilations[0], dilations[0]]
    : dilations;
  if (stride[0] !== stride[1] || dilation[0] !== dilation[1]) {
    throw context.refuse(
      "its strides or dilations differ in height and width, which is not supported",
    );
  }
  const pads = padsOf(context, input, {
    kernel: [height, width],
    stride,
    dilation,
  });
  const side = Math.max(height, width);
  // More taps below or to the right need as much padding there.
  const full: Pads = [
    pads[0],
    pads[1],
    pads[2] + dilation[0] * (side - height),
    pads[3] + dilation[1] * (side - width),
  ];
  const [padding] = full;
  const isEven = full.every((one) => one === padding);
  if (!isEven) {
    const [top, left, bottom, right] = full;
    input = pad2d(input, { top, left, bottom, right });
  }
  const { name } = context;
  const { bias, values: biases } = biasOf(context, channels);
  context.parameter(
    `${name}.weight`,
    [channels, inputs, side, side],
    () =>
      side === height && side === width
        ? Float32Array.from(values)
        : squareKernel(values, { height, width, side }),
  );
  if (bias) {
    context.parameter(
      `${name}.bias`,
      [channels],
      () => Float32Array.from(biases),
    );
  }
  return image(conv2d(input, {
    name,
    channels,
    kernel: side,
    stride: stride[0],
    dilation: dilation[0],
    padding: isEven ? padding : 0,
    groups: numberOf(context, "group", 1),
    bias,
  }));
};

function squareKernel(
  values: ArrayLike<number>,
  { height, width, side }: Readonly<
    Record<"height" | "width" | "side", number>
  >,
): Float32Array {
  const count = values.length / (height * width);
  const square = new Float32Array(count * side * side);
  for (let i = 0; i < count; i++) {
    for (let y = 0; y < height; y++) {
      for (let x = 0; x < width; x++) {
        square[(i * side + y) * side + x] =
          values[(i * height + y) * width + x];
      }
    }
  }
  return square;
}

/**
 * A ConvTranspose of a square kernel, as a convolution and a pixel shuffle. With stride s, result t = s u + r is the sum over j
 * of input[u - j] * weight[r + s j]: for each of the s² remainders a convolution of ⌈k / s⌉² taps.
 */
const convTranspose: ImportOperator = (context) => {
  const input = imageOf(context);
  const { dims: [inputs, outputs, kernel, width], values } = weightOf(context);
  const [stride, strideX] = pairOf(context, "strides", [1, 1]);
  const dilation = pairOf(context, "dilations", [1, 1]);
  const extra = pairOf(context, "output_padding", [0, 0]);
  const groups = numberOf(context, "group", 1);
  const auto = textOf(context, "auto_pad", "NOTSET");
  if (
    kernel !== width || stride !== strideX ||
    dilation.some((one) => one !== 1) ||
    auto !== "NOTSET" || listOf(context, "output_shape")
  ) {
    throw context.refuse(
      "only a square kernel with one stride, no dilation and explicit padding is supported",
    );
  }
  const [top, left, bottom, right] = listOf(context, "pads") ?? [0, 0, 0, 0];
  const [, , inputHeight, inputWidth] = input.shape;
  const size = [
    (inputHeight - 1) * stride - top - bottom + kernel + extra[0],
    (inputWidth - 1) * stride - left - right + kernel + extra[1],
  ];
  const last = [top + size[0], left + size[1]];
  const taps = Math.max(
    Math.ceil(kernel / stride),
    Math.ceil(last[0] / stride) - inputHeight + 1,
    Math.ceil(last[1] / stride) - inputWidth + 1,
  );
  const { name } = context;
  const channels = outputs * groups;
  const phases = stride * stride;
  const perGroup = inputs / groups;
  context.parameter(
    `${name}.weight`,
    [channels * phases, perGroup, taps, taps],
    () =>
      phaseWeights(values, {
        ...{ inputs, outputs, kernel, stride, groups, taps },
      }),
  );
  const { bias, values: biases } = biasOf(context, channels);
  if (bias) {
    context.parameter(
      `${name}.bias`,
      [channels * phases],
      () =>
        Float32Array.from(
          { length: channels * phases },
          (_, i) => biases[Math.floor(i / phases)],
        ),
    );
  }
  const wide = conv2d(input, {
    name,
    channels: channels * phases,
    kernel: taps,
    padding: taps - 1,
    groups,
    bias,
  });
  const shuffled = stride === 1 ? wide : pixelShuffle(wide, { factor: stride });
  const [, , height, wideWidth] = shuffled.shape;
  return image(pad2d(shuffled, {
    top: -top,
    left: -left,
    bottom: last[0] - height,
    right: last[1] - wideWidth,
  }));
};

/** The weights of a transposed convolution as those of a convolution for each remainder of the stride. */
function phaseWeights(
  values: ArrayLike<number>,
  { inputs, outputs, kernel, stride, groups, taps }: Readonly<
    Record<
      "inputs" | "outputs" | "kernel" | "stride" | "groups" | "taps",
      number
    >
  >,
): Float32Array {
  const phases = stride * stride;
  const perGroup = inputs / groups;
  const weight = new Float32Array(
    outputs * groups * phases * perGroup * taps * taps,
  );
  for (let i = 0; i < inputs; i++) {
    for (let o = 0; o < outputs; o++) {
      const output = Math.floor(i / perGroup) * outputs + o;
      for (let y = 0; y < kernel; y++) {
        for (let x = 0; x < kernel; x++) {
          const phase = y % stride * stride + x % stride;
          const row = taps - 1 - Math.floor(y / stride);
          const column = taps - 1 - Math.floor(x / stride);
          const at = ((output * phases + phase) * perGroup + i % perGroup) *
            taps * taps;
          weight[at + row * taps + column] =
            values[((i * outputs + o) * kernel + y) * kernel + x];
        }
      }
    }
  }
  return weight;
}

/** Convolutions, by name. */
export const CONVOLUTIONS: Readonly<Record<string, ImportOperator>> = {
  Conv: conv,
  ConvTranspose: convTranspose,
};
