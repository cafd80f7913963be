import { resultBytes, type ResultKind } from "../cpu/tile_steps.ts";
import type { Graph } from "../graph/graph.ts";
import type { PredictorOptions } from "./backend.ts";
import {
  leastTensors,
  type MemoryPlan,
  memoryShortage,
  planMemory,
} from "./plan_memory.ts";

/** Most tiles of a batch, as on a GPU. */
const MOST_TILES = 16;

/** What is asked of a tile. */
export function resultKind(
  { span, classes = 1, probability, ...keep }: PredictorOptions,
): ResultKind {
  return {
    ...{ span, classes, probability },
    probability8: keep.probability8 ?? false,
    probabilities: keep.probabilities ?? false,
    probabilities8: keep.probabilities8 ?? false,
    votes: keep.votes ? keep.size : undefined,
  };
}

/** How networks, their tensors and tiles share the allowed memory. onnxruntime frees a tensor after its last use. */
export function planCpuMemory(
  { networks, limit, keptBytes }: {
    readonly networks: readonly {
      readonly name: string;
      readonly bytes: number;
    }[];
    /** Most bytes. */
    readonly limit: number;
    /** Bytes of weights in main memory besides those that onnxruntime has. */
    readonly keptBytes: number;
  },
  options: PredictorOptions,
  graphs: readonly Graph<"image", "logits">[],
): MemoryPlan {
  const { size, expansion, classes = 1, inFlight = 2 } = options;
  const side = size + expansion;
  const tensors = leastTensors(graphs, "f32");
  const each = side * side * (3 + 4 * classes + (options.votes ? 4 : 0)) + // the picture, and its sums
    resultBytes(resultKind(options));
  const tiles = {
    // A network's input and output.
    fixed: keptBytes + side * side * 4 *
        (3 + Math.max(...graphs.map(({ outputs }) => outputs.logits.shape[1]))),
    each,
    unswapped: each * inFlight,
    most: options.inFlight ?? MOST_TILES,
  };
  const weights = networks.map(({ bytes }) => [bytes]);
  const plan = planMemory({ weights, tensors, tiles, capacity: limit });
  if (plan) return plan;
  throw memoryShortage(networks, {
    ...{ capacity: limit, limit, side, tensors, tiles, place: "memory" },
  });
}
