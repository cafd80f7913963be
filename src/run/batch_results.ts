import { join } from "node:path";
import { cannot } from "../errors/cannot.ts";
import type { MaskSummary } from "../masks/summarize_mask.ts";
import { writeReportIndex } from "../report/write_report.ts";
import { findResults } from "./find_results.ts";
import type { InferOptions } from "./infer_options.ts";
import { FORMATS, resultFiles, resultFormats } from "./result_formats.ts";
import type { BatchEntry } from "./run_context.ts";
import { writeObjectTable } from "./write_evaluation.ts";

/**
 * Finds the summary of a slide that is complete. `NAME.json` is written last and, like all results, renamed into place when
 * it is complete, so a killed run leaves none, or an older one. An older one may have the same settings, while a later run
 * with other settings has replaced files next to it before it was killed. So a slide is complete if its summary has the
 * fingerprint of the run (settings, weights, version of the slide's file), and all requested files exist and are not newer
 * than the summary. Only times of files in one folder are compared: the slide's may be from the clock of another machine.
 */
export async function findComplete(
  name: string,
  { options, fingerprint }: {
    readonly options: InferOptions;
    readonly fingerprint: string | undefined;
  },
): Promise<MaskSummary | undefined> {
  if (fingerprint === undefined) return undefined;
  const path = join(options.out, `${name}.json`);
  try {
    const summary: MaskSummary = JSON.parse(await Deno.readTextFile(path));
    if (summary.settings?.fingerprint !== fingerprint) return undefined;
    const written = await timeOf(path);
    for (const file of resultFiles(name, options)) {
      if (await timeOf(file) > written) return undefined;
    }
    return summary;
  } catch {
    return undefined; // missing or unreadable
  }
}

async function timeOf(path: string): Promise<number> {
  return (await Deno.stat(path)).mtime?.getTime() ?? NaN;
}

/**
 * Checks that no other file has the name of a file for all slides.
 *
 * @throws {Error} If one has; the message names it.
 */
export async function refuseForeign(
  { formats, out }: Pick<InferOptions, "formats" | "out">,
): Promise<void> {
  for (const format of FORMATS.toSorted()) {
    const { batch } = resultFormats[format];
    if (!batch || !formats.has(format)) continue;
    const { name, own } = batch;
    const text = await headOf(join(out, name));
    if (text === undefined || own.test(text)) continue;
    throw cannot(
      `write ${name}`,
      `"${
        join(out, name)
      }" is not from an earlier run; use --overwrite to replace it, another --out, or --format without ${format}`,
    );
  }
}

/** The first part of a file, which may be large; `undefined` if it cannot be read. */
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
 * Writes the files for all slides, with failed slides and those of earlier runs whose results are still in the folder. A
 * single slide gets none.
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
