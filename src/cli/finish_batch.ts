import { writeReportIndex } from "../report/write_report.ts";
import type { BatchEntry } from "./batch_entry.ts";
import { batchTable } from "./batch_table.ts";
import { findResults } from "./find_results.ts";
import type { InferOptions } from "./infer_options.ts";
import { writeObjectTable } from "./write_object_table.ts";

/**
 * Draws the slides of a run together, those that failed included, and in files with those of earlier runs whose results are
 * still in the folder; one slide alone has said all there is.
 */
export async function finishBatch(
  entries: readonly BatchEntry[],
  { quiet, formats, out }: Pick<InferOptions, "quiet" | "formats" | "out">,
): Promise<void> {
  if (entries.length > 1 && !quiet) console.log(`\n${batchTable(entries)}`);
  if (!formats.has("html") && !formats.has("objects")) return;
  const failed = entries.filter(({ error }) => error !== undefined);
  const done = entries.filter(({ error }) => error === undefined);
  const isFailed = new Set(failed.map(({ place }) => place));
  const found = (await findResults(out, done.map(({ place }) => place)))
    .filter(({ place }) => !isFailed.has(place));
  if (formats.has("html") && found.length + failed.length > 1) {
    await writeReportIndex(out, [
      ...failed.map(({ source, error }) => ({ name: source, error })),
      ...found.map(({ place: name, summary }) => ({ name, summary })),
    ]);
  }
  const tables = found.filter(({ objects }) => objects);
  if (formats.has("objects") && tables.length > 1) {
    await writeObjectTable(out, tables.map(({ place }) => place));
  }
}
