import type { MaskSummary } from "../masks/summarize_mask.ts";
import { writeReportIndex } from "../report/write_report.ts";
import { findResults } from "./find_results.ts";
import type { InferOptions } from "./infer_options.ts";
import { FORMATS, resultFiles, resultFormats } from "./result_formats.ts";
import type { BatchEntry } from "./run_context.ts";
import { writeObjectTable } from "./write_evaluation.ts";

/**
 * Finds the summary of a slide that need not be run again. `NAME.json` is written last and, as all results are, renamed
 * into place when whole, so that after a killed run it is missing, or an older one. An older one may come from a run with
 * the very settings asked for, while a later run with others has replaced files beside it before it was killed. So a slide
 * is complete where its summary has the run's fingerprint (settings, weights, state of the slide's file), and each file
 * that is asked for is there and not newer than the summary. Times of files of one folder are compared with each other
 * alone: the slide's may be from another machine's clock.
 */
export async function findComplete(
  name: string,
  { options, fingerprint }: {
    readonly options: InferOptions;
    readonly fingerprint: string | undefined;
  },
): Promise<MaskSummary | undefined> {
  if (fingerprint === undefined) return undefined;
  const path = `${options.out}/${name}.json`;
  try {
    const summary: MaskSummary = JSON.parse(await Deno.readTextFile(path));
    if (summary.settings?.fingerprint !== fingerprint) return undefined;
    const written = await timeOf(path);
    for (const file of resultFiles(name, options)) {
      if (await timeOf(file) > written) return undefined;
    }
    return summary;
  } catch {
    return undefined; // what is missing or unreadable is not complete
  }
}

async function timeOf(path: string): Promise<number> {
  return (await Deno.stat(path)).mtime?.getTime() ?? NaN;
}

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
