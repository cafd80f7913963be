import { conv2d } from "../../graph/ops/conv2d.ts";
import { globalMaxPool } from "../../graph/ops/global_max_pool.ts";
import { averagePool2d, pooledSide } from "../../graph/ops/average_pool2d.ts";
import { maxPool2d } from "../../graph/ops/max_pool2d.ts";
import { globalAveragePool } from "../../graph/ops/mean.ts";
import { pad2d } from "../../graph/ops/pad2d.ts";
import { resample, type Sample } from "../../graph/ops/resample.ts";
import { resizeBilinear } from "../../graph/ops/resize_bilinear.ts";
import type { Tensor } from "../../graph/tensor.ts";
import {
  constantOf,
  image,
  imageOf,
  type ImportOperator,
  numberOf,
  numbersOf,
  type OperatorContext,
  textOf,
} from "../value.ts";
import { padsOf, pairOf } from "./convolution.ts";

/** How a side is resized. */
interface SideRule {
  readonly input: number;
  readonly output: number;
  readonly scale: number;
  readonly coordinates: string;
  readonly nearest: string;
  readonly linear: boolean;
}

/** Where each row or column of the result lies in the input. Source: ONNX, Resize, coordinate_transformation_mode. */
function samplesOf(
  context: OperatorContext,
  { input, output, scale, coordinates, nearest, linear }: SideRule,
): Sample[] {
  const place = (i: number): number => {
    switch (coordinates) {
      case "half_pixel":
        return (i + 0.5) / scale - 0.5;
      case "pytorch_half_pixel":
        return output > 1 ? (i + 0.5) / scale - 0.5 : 0;
      case "align_corners":
        return output > 1 ? i * (input - 1) / (output - 1) : 0;
      case "asymmetric":
        return i / scale;
      case "tf_half_pixel_for_nn":
        return (i + 0.5) / scale;
      default:
        throw context.refuse(
          `its coordinate_transformation_mode "${coordinates}" is not supported`,
        );
    }
  };
  const whole = (x: number): number => {
    switch (nearest) {
      case "round_prefer_floor":
        return Math.ceil(x - 0.5);
      case "round_prefer_ceil":
        return Math.floor(x + 0.5);
      case "floor":
        return Math.floor(x);
      case "ceil":
        return Math.ceil(x);
      default:
        throw context.refuse(`its nearest_mode "${nearest}" is not supported`);
    }
  };
  const clamp = (i: number) => Math.min(input - 1, Math.max(0, i));
  return Array.from({ length: output }, (_, i) => {
    if (!linear) {
      const first = clamp(whole(place(i)));
      return { first, second: first, weight: 0 };
    }
    const x = clamp(place(i));
    const first = Math.floor(x);
    return { first, second: clamp(first + 1), weight: x - first };
  });
}

/** Resize, and Upsample, its predecessor. */
const resize: ImportOperator = (context) => {
  const input = imageOf(context);
  const isResize = context.node.operator === "Resize";
  const old = !isResize || context.opset < 11;
  const scales = numbersOf(context, old ? 1 : 2, "scales");
  const sizes = old ? undefined : numbersOf(context, 3);
  const mode = textOf(context, "mode", "nearest");
  if (!["nearest", "linear", "bilinear"].includes(mode)) {
    throw context.refuse(`its mode "${mode}" is not supported`);
  }
  const given = sizes ?? scales;
  const fixed = sizes ? input.shape : [1, 1];
  if (given?.length !== 4 || given[0] !== fixed[0] || given[1] !== fixed[1]) {
    throw context.refuse(
      `it must resize height and width alone, not by ${
        given?.join(", ") ?? "nothing"
      }`,
    );
  }
  const linear = mode !== "nearest";
  const coordinates = textOf(
    context,
    "coordinate_transformation_mode",
    old ? "asymmetric" : "half_pixel",
  );
  const nearest = textOf(
    context,
    "nearest_mode",
    old ? "floor" : "round_prefer_floor",
  );
  const [height, width] = [2, 3].map((axis) =>
    sizes?.[axis] ?? Math.floor(input.shape[axis] * scales![axis])
  );
  const sides = [2, 3].map((axis): SideRule => ({
    input: input.shape[axis],
    output: [height, width][axis - 2],
    scale: scales?.[axis] ?? sizes![axis] / input.shape[axis],
    coordinates,
    nearest,
    linear,
  }));
  if (numberOf(context, "antialias", 0) !== 0) {
    throw context.refuse("antialiasing is not supported");
  }
  if (textOf(context, "keep_aspect_ratio_policy", "stretch") !== "stretch") {
    throw context.refuse("a size that keeps the aspect ratio is not supported");
  }
  const isPlain = linear && /half_pixel$/.test(coordinates) &&
    sides.every(({ input, output, scale }) => output === input * scale);
  if (isPlain) return image(resizeBilinear(input, { size: [height, width] }));
  const [rows, columns] = sides.map((side) => samplesOf(context, side));
  const size = sizes
    ? { role: "sizes", values: sizes.map(BigInt) }
    : { role: "scales", values: Float32Array.from(scales!) };
  return image(resample(input, {
    rows,
    columns,
    form: {
      operator: "Resize",
      constants: sizes ? ["", "", size] : ["", size],
      attributes: {
        mode: linear ? "linear" : "nearest",
        coordinate_transformation_mode: coordinates,
        nearest_mode: nearest,
      },
    },
  }));
};

/** What pools have in common. */
function windowOf(context: OperatorContext) {
  const input = imageOf(context);
  const kernel = pairOf(context, "kernel_shape");
  const stride = pairOf(context, "strides", [1, 1]);
  const dilation = pairOf(context, "dilations", [1, 1]);
  if (dilation[0] !== 1 || dilation[1] !== 1) {
    throw context.refuse("dilation is not supported");
  }
  const pads = padsOf(context, input, { kernel, stride, dilation });
  const ceil = numberOf(context, "ceil_mode", 0) === 1;
  return { input, kernel, stride, pads, ceil };
}

const maxPool: ImportOperator = (context) => {
  const { input, kernel, stride, pads, ceil } = windowOf(context);
  if (kernel[0] !== kernel[1] || stride[0] !== stride[1]) {
    throw context.refuse("only a square window with one stride is supported");
  }
  if (context.node.outputs.length > 1) {
    throw context.refuse("the places of maxima are not supported");
  }
  const [side] = kernel;
  const [step] = stride;
  const [padding] = pads;
  const [top, left] = pads;
  // With a last window that ends outside, the padding there is what it lacks.
  const [bottom, right] = [0, 1].map((i) => {
    const before = pads[i];
    const size = input.shape[i + 2];
    const count = pooledSide({
      ...{ side: size, kernel: side, stride: step, before, after: pads[i + 2] },
      ceil,
    });
    return Math.max(pads[i + 2], (count - 1) * step + side - size - before);
  });
  if (
    [left, bottom, right].every((one) => one === padding) && 2 * padding <= side
  ) {
    return image(maxPool2d(input, { kernel: side, stride: step, padding }));
  }
  const padded = pad2d(input, { top, left, bottom, right, value: -65504 });
  return image(maxPool2d(padded, { kernel: side, stride: step }));
};

const averagePool: ImportOperator = (context) => {
  const { input, ...window } = windowOf(context);
  const countPadding = numberOf(context, "count_include_pad", 0) === 1;
  return image(averagePool2d(input, { ...window, countPadding }));
};

const pad: ImportOperator = (context) => {
  const input = imageOf(context);
  const pads = numbersOf(context, 1, "pads") ?? [];
  const mode = textOf(context, "mode", "constant");
  const value = constantOf(context, 2)?.values[0] ??
    numberOf(context, "value", 0);
  if (pads.length !== 8 || pads[0] !== 0 || pads[4] !== 0) {
    throw context.refuse("it must pad channels, height and width alone");
  }
  if (mode !== "constant" && mode !== "edge" && mode !== "reflect") {
    throw context.refuse(`its mode "${mode}" is not supported`);
  }
  const channels = padChannels(context, input, {
    ...{ before: pads[1], after: pads[5] },
    plain: mode === "constant" && value === 0,
  });
  return image(pad2d(channels, {
    top: pads[2],
    left: pads[3],
    bottom: pads[6],
    right: pads[7],
    mode,
    value,
  }));
};

/** Channels of zeros before and after those of a picture: a convolution whose taps are ones and zeros. */
function padChannels(
  context: OperatorContext,
  input: Tensor,
  { before, after, plain }: {
    readonly before: number;
    readonly after: number;
    readonly plain: boolean;
  },
): Tensor {
  if (before === 0 && after === 0) return input;
  if (!plain) {
    throw context.refuse("channels can be padded with zeros alone");
  }
  const [, inputs] = input.shape;
  const channels = before + inputs + after;
  const name = `${context.name}.channels`;
  context.parameter(`${name}.weight`, [channels, inputs, 1, 1], () => {
    const weight = new Float32Array(channels * inputs);
    for (let i = 0; i < inputs; i++) {
      if (before + i >= 0) weight[(before + i) * inputs + i] = 1;
    }
    return weight;
  });
  return conv2d(input, { name, channels, kernel: 1, bias: false });
}

/** Operators that change the size of pictures, by name. */
export const RESIZING: Readonly<Record<string, ImportOperator>> = {
  Resize: resize,
  Upsample: resize,
  MaxPool: maxPool,
  AveragePool: averagePool,
  GlobalAveragePool: (context) => image(globalAveragePool(imageOf(context))),
  GlobalMaxPool: (context) => image(globalMaxPool(imageOf(context))),
  Pad: pad,
};
