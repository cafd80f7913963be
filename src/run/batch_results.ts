import { basename, join } from "node:path";
import { cannot, explained } from "../errors/cannot.ts";
import { hashOf } from "../io/hash_file.ts";
import { isAbsent } from "../io/is_absent.ts";
import type { MaskSummary, ResultFile } from "../masks/summarize_mask.ts";
import type { BatchSlide } from "../report/batch_report.ts";
import { reportEntry } from "../report/report_entry.ts";
import { writeIndex } from "../report/write_report.ts";
import { eachResult } from "./find_results.ts";
import type { InferOptions } from "./infer_options.ts";
import { FORMATS, resultFiles, resultFormats } from "./result_formats.ts";
import { leaseResults } from "./output_folder.ts";
import type { BatchEntry, RunContext } from "./run_context.ts";
import { writeObjectTable } from "./write_object_table.ts";

/** Sizes and digests of the files of a slide's results, but for `NAME.json`, which lists them. */
export async function describeFiles(
  paths: readonly string[],
): Promise<ResultFile[]> {
  const files: ResultFile[] = [];
  for (const path of paths.filter((path) => !path.endsWith(".json"))) {
    try {
      const { size: bytes } = await Deno.stat(path);
      files.push({ name: basename(path), bytes, sha256: await hashOf(path) });
    } catch (error) {
      throw explained(error, `read "${path}" again`);
    }
  }
  return files;
}

/**
 * Finds the summary of a slide that is complete: `NAME.json` is written last, has the fingerprint of the run (version,
 * settings, precision, weights, version of the slide's file), and lists all requested files as they are, by size and
 * digest. An older one, next to files that a later run has replaced before it was killed, lists others.
 *
 * @param options.fingerprint Of a run with the given precision.
 */
export async function findComplete(
  name: string,
  { options, fingerprint }: {
    readonly options: InferOptions;
    readonly fingerprint: (precision: string) => string | undefined;
  },
): Promise<MaskSummary | undefined> {
  try {
    const text = await Deno.readTextFile(join(options.out, `${name}.json`));
    const summary: MaskSummary = JSON.parse(text);
    const { settings, files = [] } = summary;
    const precision = String(settings?.precision);
    if (options.precision !== "auto" && options.precision !== precision) {
      return undefined;
    }
    const print = fingerprint(precision);
    if (print === undefined || settings?.fingerprint !== print) {
      return undefined;
    }
    const found = await describeFiles(resultFiles(name, options));
    const listed = new Set(files.map((file) => JSON.stringify(file)));
    const isWhole = found.every((file) => listed.has(JSON.stringify(file)));
    return isWhole ? summary : undefined;
  } catch {
    return undefined; // missing or unreadable
  }
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

/** The first part of a file, which may be large; `undefined` if it is not there. */
async function headOf(path: string): Promise<string | undefined> {
  try {
    using file = await Deno.open(path);
    const bytes = new Uint8Array(4096);
    const count = await file.read(bytes);
    return new TextDecoder().decode(bytes.subarray(0, count ?? 0));
  } catch (error) {
    if (!isAbsent(error)) throw explained(error, `read "${path}"`);
  }
}

/**
 * Writes the files for all slides, with failed slides and those of earlier runs whose results are still in the folder. A
 * single slide gets none, unless they are there already.
 */
export async function finishBatch(
  entries: readonly BatchEntry[],
  { formats, out, context }: Pick<InferOptions, "formats" | "out"> & {
    readonly context: RunContext;
  },
): Promise<void> {
  if (!formats.has("html") && !formats.has("objects")) return;
  try {
    await writeBatchFiles(entries, { formats, out, context });
  } catch (error) {
    throw explained(error, `write the files for all slides in "${out}"`);
  }
}

async function writeBatchFiles(
  entries: readonly BatchEntry[],
  { formats, out, context }: Pick<InferOptions, "formats" | "out"> & {
    readonly context: RunContext;
  },
): Promise<void> {
  // Shards may end at the same time: one after the other, so that the last one finds the results of all.
  await using _page = await leaseOf("index.html", { out, context });
  await using _table = await leaseOf("objects.csv", { out, context });
  const failed = entries.filter(({ error }) => error !== undefined);
  const done = entries.filter(({ error }) => error === undefined);
  // Of a slide that failed, files may be there all the same: of this run, or of an earlier one.
  const failedPlaces = new Set(failed.map(({ place }) => place));
  const lines: BatchSlide[] = failed.map(({ source: name, error }) => ({
    ...{ name, error },
  }));
  const tables: string[] = [];
  const places = done.map(({ place }) => place);
  for await (const { place, summary, objects } of eachResult(out, places)) {
    if (failedPlaces.has(place)) continue;
    lines.push({ name: place, entry: summary && reportEntry(summary) });
    if (objects) tables.push(place);
  }
  const isThere = async (name: string) =>
    await headOf(join(out, name)) !== undefined;
  // One that is there is of an earlier run, whose slides may have become others.
  if (
    formats.has("html") && (lines.length > 1 || await isThere("index.html"))
  ) await writeIndex(out, lines);
  if (
    formats.has("objects") &&
    (tables.length > 1 || await isThere("objects.csv"))
  ) await writeObjectTable(out, tables);
}

function leaseOf(
  name: string,
  { out, context }: { readonly out: string; readonly context: RunContext },
): Promise<AsyncDisposable> {
  const action = `write "${join(out, name)}"`;
  const lock = join(out, `.${name}.lock`);
  return leaseResults(lock, { action, context, wait: true });
}
