import { type Graph, nodesOf } from "../../graph/graph.ts";
import { trainingOp } from "../ops/mod.ts";
import { unfused } from "../../graph/fused/fused_node.ts";
import type { ParameterSlot, ParameterSlots } from "./parameter_slot.ts";

/**
 * Finds what a graph learns and how it is packed.
 *
 * @throws {RangeError} where two layers use one parameter.
 */
export function parameterSlots(graph: Graph): ParameterSlots {
  const trained = new Map<string, ParameterSlot>();
  const statistics: ParameterSlot[] = [];
  for (const node of nodesOf(graph)) {
    const { base } = unfused(node);
    const slots = trainingOp(base)?.slots?.(base);
    for (const slot of slots?.trained ?? []) {
      if (trained.has(slot.name)) {
        throw new RangeError(
          `Cannot train a graph as each parameter must be one layer's: received "${slot.name}" in two`,
        );
      }
      trained.set(slot.name, slot);
    }
    statistics.push(...slots?.statistics ?? []);
  }
  return { trained: [...trained.values()], statistics };
}
