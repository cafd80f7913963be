import { nodesOf, parametersOf } from "../graph/graph.ts";
import type { Architecture } from "../models/architecture.ts";
import { anyGraph } from "../predict/read_network.ts";
import { matchStateDict } from "../weights/match_state_dict.ts";
import {
  type StateDict,
  type TensorData,
  toFloat32,
} from "../weights/tensor_data.ts";
import { type Fill, uniform, zeros } from "./fill.ts";
import { trainingOp } from "./ops/mod.ts";
import { Random } from "./random.ts";
import type { TrainingState } from "./train_event.ts";

/**
 * Options for {@linkcode initializeWeights}.
 *
 * @category Initialization
 */
export interface InitializeWeightsOptions {
  /** Any integer. The same seed gives the same weights. */
  readonly seed: number;
  /** Tensors to use instead, such as those of `loadEncoder()`. */
  readonly pretrained?: StateDict;
}

/**
 * Initial weights of a network, as PyTorch, torchvision and fastai choose them:
 *
 * - convolutions without bias, before a batch norm: Kaiming normal with fan-out;
 * - convolutions before a ReLU: Kaiming uniform with fan-in, biases normal with standard deviation 0.01;
 * - convolutions before a pixel shuffle: ICNR, so that the pixels of a block start equal; weight norm keeps the values;
 * - other convolutions: PyTorch's default, uniform within ±1/√fan-in, also for biases;
 * - batch norms: weight and variance 1, bias and mean 0.
 *
 * Source: He et al. 2015 (arXiv 1502.01852); Aitken et al. 2017 (ICNR, arXiv 1707.02937).
 *
 * @returns f32 tensors under the keys of the network's checkpoints.
 * @throws {StateDictError} If a pretrained tensor does not fit the network, by key or shape.
 *
 * @example
 * ```ts
 * import { unext50 } from "@tilewise/tilewise/models";
 * import { initializeWeights } from "@tilewise/tilewise/train";
 *
 * const weights = initializeWeights(unext50, { seed: 1 });
 * console.log(weights.get("enc0.0.weight")?.shape); // [64, 3, 7, 7]
 * ```
 *
 * @category Initialization
 */
export function initializeWeights(
  architecture: Architecture,
  { seed, pretrained = new Map() }: InitializeWeightsOptions,
): StateDict {
  const graph = anyGraph(architecture);
  const nodes = nodesOf(graph);
  const { unused = [] } = architecture;
  const randomOf = (name: string) =>
    new Random(seed, ...new TextEncoder().encode(name));
  const fills = new Map<string, Fill>(
    unused.map(({ name }) => [name, uniform(1)]),
  );
  for (const node of nodes) {
    const started = trainingOp(node)?.initialize?.(node, nodes) ?? [];
    for (const [name, fill] of started) fills.set(name, fill);
  }
  const kept = matchStateDict(pretrained, parametersOf(graph), {
    optional: () => true,
  });
  const weights = new Map<string, TensorData>();
  for (const parameter of [...parametersOf(graph), ...unused]) {
    const { name, shape } = parameter;
    const given = kept.get(name);
    const fill = fills.get(name) ?? zeros;
    const values = given ? toFloat32(given) : fill(parameter, randomOf);
    weights.set(name, tensor(shape, values));
  }
  return weights;
}

function tensor(shape: readonly number[], values: Float32Array): TensorData {
  const { buffer, byteOffset, byteLength } = values;
  return {
    shape,
    dtype: "f32",
    data: new Uint8Array(buffer, byteOffset, byteLength),
  };
}

/**
 * A training state's weights as a checkpoint that PyTorch loads with `strict=True`: the parameters, and for each batch
 * norm PyTorch's counter `num_batches_tracked`.
 *
 * @example
 * ```ts
 * import { writeSafetensors } from "@tilewise/tilewise/weights";
 * import { weightsOf } from "@tilewise/tilewise/train";
 *
 * const state = { parameters: new Map(), moments: new Map(), step: 7, lossScale: 1, steadySteps: 7 };
 * console.log(writeSafetensors(weightsOf(state), { format: "pt" }).length);
 * ```
 *
 * @category Initialization
 */
export function weightsOf({ parameters, step }: TrainingState): StateDict {
  const weights = new Map<string, TensorData>();
  for (const [key, tensor] of parameters) {
    weights.set(key, tensor);
    if (!key.endsWith(".running_var")) continue;
    const counter = key.replace(/running_var$/, "num_batches_tracked");
    if (parameters.has(counter)) continue;
    const data = new Uint8Array(new BigInt64Array([BigInt(step)]).buffer);
    weights.set(counter, { shape: [], dtype: "i64", data });
  }
  return weights;
}
