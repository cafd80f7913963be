import { writeReportIndex } from "../report/write_report.ts";
import type { BatchEntry } from "./batch_entry.ts";
import { batchTable } from "./batch_table.ts";
import type { InferOptions } from "./infer_options.ts";

/** Draws the slides of a run together, those that failed included; one slide alone has said all there is. */
export async function finishBatch(
  entries: readonly BatchEntry[],
  { quiet, formats, out }: InferOptions,
): Promise<void> {
  if (entries.length < 2) return;
  if (!quiet) console.log(`\n${batchTable(entries)}`);
  if (!formats.has("html")) return;
  const slides = entries.map(({ source, summary, error }) => ({
    name: summary?.slide.name ?? source,
    error,
  }));
  await writeReportIndex(out, slides);
}
