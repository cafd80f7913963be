import { writeReportIndex } from "../report/write_report.ts";
import type { BatchEntry } from "./batch_entry.ts";
import { FORMATS, resultFormats } from "./result_formats.ts";
import { findResults } from "./find_results.ts";
import type { InferOptions } from "./infer_options.ts";
import { writeObjectTable } from "./write_object_table.ts";

/**
 * Refuses to write over files that are called as those over all slides are, but are others.
 *
 * @throws {Error} that names one.
 */
export async function refuseForeign(
  { formats, out }: Pick<InferOptions, "formats" | "out">,
): Promise<void> {
  for (const format of FORMATS.toSorted()) {
    const { batch } = resultFormats[format];
    if (!batch || !formats.has(format)) continue;
    const { name, own } = batch;
    const text = await headOf(`${out}/${name}`);
    if (text === undefined || own.test(text)) continue;
    throw new Error(
      `Cannot write ${name} over all slides as it is another file's name: received ${out}/${name}; another --out keeps it, --overwrite replaces it, --format may leave out ${format}`,
    );
  }
}

/** The first part of a file, which may be large; `undefined` where there is none. */
async function headOf(path: string): Promise<string | undefined> {
  try {
    using file = await Deno.open(path);
    const bytes = new Uint8Array(4096);
    const count = await file.read(bytes);
    return new TextDecoder().decode(bytes.subarray(0, count ?? 0));
  } catch {
    return undefined;
  }
}

/**
 * Draws the slides of a run together, those that failed included, and in files with those of earlier runs whose results are
 * still in the folder; one slide alone has said all there is.
 */
export async function finishBatch(
  entries: readonly BatchEntry[],
  { formats, out }: Pick<InferOptions, "formats" | "out">,
): Promise<void> {
  if (!formats.has("html") && !formats.has("objects")) return;
  const failed = entries.filter(({ error }) => error !== undefined);
  const done = entries.filter(({ error }) => error === undefined);
  const found = await findResults(out, done.map(({ place }) => place));
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
