import { resultBytes } from "../cpu/tile_steps.ts";
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
  const { size, expansion, span, inFlight = 2, probability } = options;
  const { probability8 = false } = options;
  const side = size + expansion;
  const tensors = leastTensors(graphs, "f32");
  const each = side * side * 7 + // the picture, and its sum
    resultBytes({ span, probability, probability8 });
  const tiles = {
    fixed: keptBytes + side * side * 16, // a network's input and output
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
