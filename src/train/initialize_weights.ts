import { elementCount } from "../weights/element_count.ts";
import { nodesOf, parametersOf } from "../graph/graph.ts";
import type { Parameter } from "../graph/parameter.ts";
import type { PixelShuffleNode } from "../graph/tensor.ts";
import type { Architecture } from "../models/architecture.ts";
import { anyGraph } from "../predict/architecture_graph.ts";
import { matchStateDict } from "../weights/match_state_dict.ts";
import type { StateDict, TensorData } from "../weights/tensor_data.ts";
import { toFloat32 } from "../weights/to_float32.ts";
import { Random } from "./random.ts";

/** How {@linkcode initializeWeights} starts. */
export interface InitializeWeightsOptions {
  /** Any integer; the same one gives the same weights. */
  readonly seed: number;
  /** Tensors that are taken as they are, as `loadEncoder()` gives them. */
  readonly pretrained?: StateDict;
}

type Fill = (parameter: Parameter, random: Random) => Float32Array;

/**
 * Weights for a network to be trained, as PyTorch, torchvision and fastai start:
 *
 * - convolutions without bias, which a batch norm follows: Kaiming normal over the fan-out;
 * - convolutions that a ReLU follows: Kaiming uniform over the fan-in, biases normal around 0 with deviation 0.01;
 * - convolutions that a pixel shuffle follows: ICNR, so that the pixels of a block begin equal; weight norm keeps the values;
 * - other convolutions: PyTorch's default, uniform within ±1/√fan-in, biases too;
 * - batch norms: weight and variance 1, bias and mean 0.
 *
 * Source: He et al. 2015 (arXiv 1502.01852); Aitken et al. 2017 (ICNR, arXiv 1707.02937).
 *
 * @returns f32 tensors under the keys of the network's checkpoints.
 * @throws {StateDictError} where a pretrained tensor is not the network's, by key or shape.
 *
 * @example
 * ```ts
 * import { unext50 } from "@tilewise/tilewise";
 * import { initializeWeights } from "@tilewise/tilewise/train";
 *
 * const weights = initializeWeights(unext50, { seed: 1 });
 * console.log(weights.get("enc0.0.weight")?.shape); // [64, 3, 7, 7]
 * ```
 */
export function initializeWeights(
  architecture: Architecture,
  { seed, pretrained = new Map() }: InitializeWeightsOptions,
): StateDict {
  const graph = anyGraph(architecture);
  const nodes = nodesOf(graph);
  const { unused = [] } = architecture;
  // A stream for each name, so that no parameter's values depend on which others there are.
  const randomOf = (name: string) =>
    new Random(seed, ...new TextEncoder().encode(name));
  const fills = new Map<string, Fill>(
    unused.map(({ name }) => [name, uniform(1)]),
  );
  for (const node of nodes) {
    if (node.op === "batch_norm") {
      const { weight, variance } = node.parameters;
      for (const { name } of [weight, variance]) fills.set(name, ones);
    }
    if (node.op !== "conv2d") continue;
    const readers = nodes.filter(({ inputs }) => inputs.includes(node));
    const isRelu = readers.some(({ op }) => op === "relu");
    const shuffle = nodes.find((other): other is PixelShuffleNode =>
      other.op === "pixel_shuffle" &&
      other.inputs.some((x) => x === node || readers.includes(x))
    );
    const { weight, bias } = node.parameters;
    const fill = shuffle
      ? icnr(shuffle.factor)
      : !bias
      ? kaimingNormal("out")
      : uniform(isRelu ? 6 : 1);
    if (bias) {
      fills.set(
        bias.name,
        isRelu
          ? ({ shape }, random) => drawn(shape, () => 0.01 * random.normal())
          : uniform(1, elementCount(weight.shape.slice(1))),
      );
    }
    if (!weight.derived) {
      fills.set(weight.name, fill);
      continue;
    }
    // Weight norm starts from the plain weight: its length is the direction's own.
    const [v, g] = weight.derived.sources;
    fills.set(v.name, fill);
    fills.set(g.name, () => {
      const values = fill(v, randomOf(v.name));
      return norms(values, v.shape[0]);
    });
  }
  // Throws where something pretrained is not the network's.
  const kept = matchStateDict(pretrained, parametersOf(graph), {
    optional: () => true,
  });
  const weights = new Map<string, TensorData>();
  for (const parameter of [...parametersOf(graph), ...unused]) {
    const { name, shape } = parameter;
    const given = kept.get(name);
    const fill = fills.get(name) ?? zeros;
    const values = given ? toFloat32(given) : fill(parameter, randomOf(name));
    weights.set(name, tensor(shape, values));
  }
  return weights;
}

const zeros: Fill = ({ shape }) => new Float32Array(elementCount(shape));
const ones: Fill = ({ shape }) => new Float32Array(elementCount(shape)).fill(1);

/** Normal with variance 2 over the fan-out, or the fan-in. */
function kaimingNormal(fan: "in" | "out"): Fill {
  return ({ shape }, random) => {
    const [channels, , height, width] = shape;
    const count = fan === "in"
      ? elementCount(shape.slice(1))
      : channels * height * width;
    const scale = Math.sqrt(2 / count);
    return drawn(shape, () => scale * random.normal());
  };
}

/** Uniform within ±√(squares / fan-in). */
function uniform(squares: number, fanIn?: number): Fill {
  return ({ shape }, random) => {
    const bound = Math.sqrt(squares / (fanIn ?? elementCount(shape.slice(1))));
    return drawn(shape, () => bound * (2 * random.uniform() - 1));
  };
}

/** Kaiming normal for one pixel of each block, repeated for the others. */
function icnr(factor: number): Fill {
  return ({ name, shape: [channels, ...rest] }, random) => {
    const shape = [channels / factor ** 2, ...rest];
    const kernel = kaimingNormal("in")({ name, shape }, random);
    const size = elementCount(rest);
    const values = new Float32Array(channels * size);
    for (let channel = 0; channel < channels; channel++) {
      const source = Math.floor(channel / factor ** 2) * size;
      values.set(kernel.subarray(source, source + size), channel * size);
    }
    return values;
  };
}

/** The norm of each output channel's weights. */
function norms(values: Float32Array, channels: number): Float32Array {
  const size = values.length / channels;
  return Float32Array.from({ length: channels }, (_, channel) => {
    const weights = values.subarray(channel * size, (channel + 1) * size);
    return Math.hypot(...weights);
  });
}

function drawn(shape: readonly number[], draw: () => number): Float32Array {
  return new Float32Array(elementCount(shape)).map(draw);
}

function tensor(shape: readonly number[], values: Float32Array): TensorData {
  const { buffer, byteOffset, byteLength } = values;
  return {
    shape,
    dtype: "f32",
    data: new Uint8Array(buffer, byteOffset, byteLength),
  };
}
