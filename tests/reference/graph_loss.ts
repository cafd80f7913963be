import { type Graph, nodesOf } from "../../src/graph/graph.ts";
import type { BatchNormNode } from "../../src/graph/ops/batch_norm.ts";
import type { Conv2dNode } from "../../src/graph/ops/conv2d.ts";
import type { MaxPool2dNode } from "../../src/graph/ops/max_pool2d.ts";
import type { PixelShuffleNode } from "../../src/graph/ops/pixel_shuffle.ts";
import { type Tensor, weightNormOf } from "../../src/graph/tensor.ts";

/** Gives a parameter's values. */
type Parameters = (name: string) => Float64Array;

/** What {@linkcode graphLoss} evaluates. */
export interface GraphLossOptions {
  /** N×3×H×W. */
  readonly image: Float64Array;
  /** N×H×W. */
  readonly mask: Float64Array;
  /** The parameters. */
  readonly parameters: Parameters;
}

/** Mean binary cross-entropy of a graph's logits in training, layer by layer by the definitions, in 64 bits. */
export function graphLoss(
  graph: Graph<"image", "logits">,
  { image, mask, parameters }: GraphLossOptions,
): number {
  const values = new Map<Tensor, Float64Array>();
  for (const node of nodesOf(graph)) {
    const inputs = node.inputs.map((input) => values.get(input)!);
    values.set(
      node,
      node === graph.inputs.image ? image : evaluate(node, inputs, parameters),
    );
  }
  const logits = values.get(graph.outputs.logits)!;
  let sum = 0;
  logits.forEach((x, i) => {
    sum += Math.max(x, 0) - x * mask[i] + Math.log1p(Math.exp(-Math.abs(x)));
  });
  return sum / logits.length;
}

function evaluate(
  node: Tensor,
  inputs: readonly Float64Array[],
  parameters: Parameters,
): Float64Array {
  const [input] = inputs;
  const [, , height, width] = node.shape;
  switch (node.op.name) {
    case "relu":
      return input.map((x) => Math.max(x, 0));
    case "sigmoid":
      return input.map((x) => 1 / (1 + Math.exp(-x)));
    case "add":
      return input.map((x, i) => x + inputs[1][i]);
    case "conv2d":
      return convolve(node as Conv2dNode, input, parameters);
    case "batch_norm":
      return normalize(node as BatchNormNode, input, parameters);
    case "concat":
      return each(node, (n, c, y, x) => {
        let part = 0;
        let channel = c;
        while (channel >= node.inputs[part].shape[1]) {
          channel -= node.inputs[part++].shape[1];
        }
        return read(node.inputs[part], inputs[part], [n, channel, y, x]);
      });
    case "pixel_shuffle": {
      const f = (node as PixelShuffleNode).factor;
      return each(node, (n, c, y, x) =>
        read(node.inputs[0], input, [
          n,
          c * f * f + (y % f) * f + x % f,
          Math.floor(y / f),
          Math.floor(x / f),
        ]));
    }
    case "max_pool2d":
    case "global_max_pool": {
      const [, , h, w] = node.inputs[0].shape;
      const { kernel, stride, padding } = node.op.name === "max_pool2d"
        ? node as MaxPool2dNode
        : { kernel: undefined, stride: 1, padding: 0 };
      const [down, across] = kernel ? [kernel, kernel] : [h, w];
      return each(node, (n, c, y, x) => {
        let best = -Infinity;
        for (let ky = 0; ky < down; ky++) {
          for (let kx = 0; kx < across; kx++) {
            const iy = y * stride + ky - padding;
            const ix = x * stride + kx - padding;
            if (iy < 0 || ix < 0 || iy >= h || ix >= w) continue;
            best = Math.max(best, read(node.inputs[0], input, [n, c, iy, ix]));
          }
        }
        return best;
      });
    }
    case "resize_bilinear": {
      const [, , h, w] = node.inputs[0].shape;
      const along = (at: number, from: number, to: number) => {
        const source = Math.max((at + 0.5) * from / to - 0.5, 0);
        const low = Math.floor(source);
        return { low, high: Math.min(low + 1, from - 1), t: source - low };
      };
      return each(node, (n, c, y, x) => {
        const v = along(y, h, height);
        const u = along(x, w, width);
        const at = (iy: number, ix: number) =>
          read(node.inputs[0], input, [n, c, iy, ix]);
        const row = (iy: number) =>
          at(iy, u.low) * (1 - u.t) + at(iy, u.high) * u.t;
        return row(v.low) * (1 - v.t) + row(v.high) * v.t;
      });
    }
    default:
      throw new TypeError(`Cannot evaluate ${node.op.name}`);
  }
}

type Place = readonly [n: number, c: number, y: number, x: number];

function read(
  { shape: [, channels, height, width] }: Tensor,
  values: Float64Array,
  [n, c, y, x]: Place,
): number {
  return values[((n * channels + c) * height + y) * width + x];
}

function each(
  { shape: [batch, channels, height, width] }: Tensor,
  compute: (...place: Place) => number,
): Float64Array {
  const result = new Float64Array(batch * channels * height * width);
  let at = 0;
  for (let n = 0; n < batch; n++) {
    for (let c = 0; c < channels; c++) {
      for (let y = 0; y < height; y++) {
        for (let x = 0; x < width; x++) result[at++] = compute(n, c, y, x);
      }
    }
  }
  return result;
}

function convolve(
  node: Conv2dNode,
  input: Float64Array,
  parameters: Parameters,
): Float64Array {
  const { weight, bias } = node.parameters;
  const norm = weightNormOf(weight);
  const values = norm
    ? scaled(parameters(norm.v.name), parameters(norm.g.name))
    : parameters(weight.name);
  const offsets = bias && parameters(bias.name);
  const [, groupInputs, kernel] = weight.shape;
  const groupOutputs = node.shape[1] / node.groups;
  const [source] = node.inputs;
  const [, , height, width] = source.shape;
  return each(node, (n, o, y, x) => {
    let sum = offsets?.[o] ?? 0;
    const first = Math.floor(o / groupOutputs) * groupInputs;
    for (let i = 0; i < groupInputs; i++) {
      for (let ky = 0; ky < kernel; ky++) {
        for (let kx = 0; kx < kernel; kx++) {
          const iy = y * node.stride + ky * node.dilation - node.padding;
          const ix = x * node.stride + kx * node.dilation - node.padding;
          if (iy < 0 || ix < 0 || iy >= height || ix >= width) continue;
          sum += values[((o * groupInputs + i) * kernel + ky) * kernel + kx] *
            read(source, input, [n, first + i, iy, ix]);
        }
      }
    }
    return sum;
  });
}

function scaled(v: Float64Array, g: Float64Array): Float64Array {
  const size = v.length / g.length;
  return v.map((value, i) => {
    const channel = Math.floor(i / size);
    const norm = Math.hypot(
      ...v.subarray(channel * size, (channel + 1) * size),
    );
    return g[channel] * value / norm;
  });
}

function normalize(
  node: BatchNormNode,
  input: Float64Array,
  parameters: Parameters,
): Float64Array {
  const { weight, bias } = node.parameters;
  const [scale, shift] = [weight, bias].map(({ name }) => parameters(name));
  const [batch, channels, height, width] = node.shape;
  const pixels = height * width;
  const result = new Float64Array(input.length);
  for (let c = 0; c < channels; c++) {
    const places: number[] = [];
    for (let n = 0; n < batch; n++) {
      for (let i = 0; i < pixels; i++) {
        places.push((n * channels + c) * pixels + i);
      }
    }
    const mean = places.reduce((sum, at) => sum + input[at], 0) /
      places.length;
    const variance = places.reduce((sum, at) =>
      sum + (input[at] - mean) ** 2, 0) / places.length;
    for (const at of places) {
      result[at] = (input[at] - mean) / Math.sqrt(variance + node.epsilon) *
          scale[c] + shift[c];
    }
  }
  return result;
}
