import { formatGib } from "../predict/format_gib.ts";
import type { MemoryPlan } from "../predict/plan_memory.ts";

/** Says how an ensemble shares the GPU's memory; nothing where all of it fits. */
export function describeMemory(
  { resident, swapped, batch, needed, capacity }: MemoryPlan,
): string | undefined {
  if (swapped === 0) return undefined;
  const stay = resident === 0
    ? "all"
    : `${resident} stay${resident === 1 ? "s" : ""} on the GPU, ${swapped}`;
  const tiles = batch === 1 ? "every tile" : `every ${batch} tiles`;
  return `${resident + swapped} networks take ${formatGib(needed)}, more than ${
    formatGib(capacity)
  }: ${stay} take turns ${tiles}`;
}
