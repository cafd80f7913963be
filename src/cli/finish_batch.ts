import type { BatchEntry } from "./batch_entry.ts";
import { batchTable } from "./batch_table.ts";
import type { InferOptions } from "./infer_options.ts";

/** Draws the slides of a run together, those that failed included; one slide alone has said all there is. */
export function finishBatch(
  entries: readonly BatchEntry[],
  { quiet }: InferOptions,
): void {
  if (entries.length > 1 && !quiet) console.log(`\n${batchTable(entries)}`);
}
