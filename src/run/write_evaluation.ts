import { join } from "node:path";
import type { PixelCounts } from "../evaluate/evaluate_counts.ts";
import { AtomicFile } from "../io/atomic_file.ts";
import { csvLine, type CsvRecord, readCsv } from "../io/csv.ts";
import type { RunRecord } from "../masks/run_record.ts";
import {
  evaluationPage,
  type EvaluationRow,
  type SeamsReport,
} from "../report/evaluation_page.ts";
import type { EvaluateOptions } from "./evaluate_options.ts";
import type { Lease } from "./lease.ts";
import { leaseResults, refuseExisting } from "./output_folder.ts";
import type { RunContext } from "./run_context.ts";

/** Characters to buffer before a write. */
const CHUNK = 1 << 18;

/**
 * Joins the tables of objects of several slides to one, `objects.csv`, with the slide in the first column. Tables of older
 * runs may have other columns; missing values stay empty.
 *
 * @param slides The places of the slides' results in the folder, without a suffix.
 * @throws {Error} If a table cannot be read, or the file cannot be written.
 */
export async function writeObjectTable(
  out: string,
  slides: readonly string[],
): Promise<void> {
  const paths = slides.map((slide) => join(out, `${slide}.objects.csv`));
  const columns = new Set<string>();
  for (const path of paths) {
    for await (const { fields } of recordsOf(path)) {
      fields.forEach((name) => columns.add(columnOf(name)));
      break;
    }
  }
  await using file = await AtomicFile.create(join(out, "objects.csv"));
  const encoder = new TextEncoder();
  let text = csvLine(["slide", ...columns]);
  for (const [i, path] of paths.entries()) {
    let places: readonly number[] | undefined; // of the columns in this table
    for await (const { fields } of recordsOf(path)) {
      if (!places) {
        const names = fields.map(columnOf);
        places = [...columns].map((name) => names.indexOf(name));
        continue;
      }
      text += csvLine([slides[i], ...places.map((at) => fields[at] ?? "")]);
      if (text.length < CHUNK) continue;
      await file.write(encoder.encode(text));
      text = "";
    }
  }
  await file.write(encoder.encode(text));
  await file.close();
}

/** A column's name; earlier versions wrote `centre_x` and `centre_y`. */
function columnOf(name: string): string {
  return name.replace(/^centre_(?=[xy]$)/, "center_");
}

async function* recordsOf(path: string): AsyncGenerator<CsvRecord> {
  using file = await Deno.open(path);
  const pieces = file.readable.pipeThrough(new TextDecoderStream());
  yield* readCsv(pieces, { trim: false });
}

/**
 * The results of an evaluation.
 *
 * @category Evaluation
 */
export interface EvaluationReport {
  /** All slides together, a row per variant. */
  readonly overall: readonly EvaluationRow[];
  /** Each slide, a row per variant. */
  readonly slides: readonly EvaluationRow[];
  /** Seams between tiles, if measured. */
  readonly seams?: SeamsReport;
  /** Warnings of the run. */
  readonly warnings: readonly string[];
}

type EvaluationOutput = Pick<EvaluateOptions, "out" | "overwrite">;

/**
 * Checks that no evaluation would be overwritten.
 *
 * @throws {Error} If one would.
 */
export async function refuseEvaluation(
  { out, overwrite }: EvaluationOutput,
): Promise<void> {
  if (!out || overwrite) return;
  await refuseExisting(
    ["evaluation.json", "evaluation.html"].map((name) => join(out, name)),
    "use --overwrite to replace them, or another --out",
  );
}

/**
 * Takes the files of an evaluation for a run, if they are written.
 *
 * @throws {Error} If another run is writing them, or has just written them.
 */
export async function leaseEvaluation(
  options: EvaluationOutput,
  { context, signal }: {
    readonly context: RunContext;
    readonly signal: AbortSignal;
  },
): Promise<Lease | undefined> {
  const { out } = options;
  if (!out) return undefined;
  const lease = await leaseResults(join(out, ".evaluation.lock"), {
    action: `write an evaluation to "${out}"`,
    context,
    signal,
  });
  try {
    await refuseEvaluation(options);
    return lease;
  } catch (error) {
    await lease[Symbol.asyncDispose]();
    throw error;
  }
}

/**
 * Writes `evaluation.json` and `evaluation.html` into a folder.
 *
 * @throws {Error} If they cannot be written.
 *
 * @category Evaluation
 */
export async function writeEvaluation(
  folder: string,
  { report, options, run }: {
    readonly report: EvaluationReport;
    readonly run: RunRecord;
    readonly options: EvaluateOptions;
  },
): Promise<void> {
  const { overall, slides, seams, warnings } = report;
  const settings = settingsOf(options);
  const json = {
    run,
    overall: overall.map(rowOf),
    // The curve of all slides together is enough.
    slides: slides.map((row) => {
      const { evaluation: { sweep: _, ...evaluation }, ...rest } = rowOf(row);
      return { ...rest, evaluation };
    }),
    seams: seams && {
      reference: seams.reference,
      tolerance: seams.tolerance,
      recommended: seams.recommended ?? null,
      profiles: seams.profiles.map(({ expansion, disagreement, points }) => ({
        expansion,
        disagreement,
        points,
      })),
    },
    settings,
    warnings,
  };
  const files = {
    "evaluation.json": JSON.stringify(json, null, 2) + "\n",
    "evaluation.html": evaluationPage({ ...report, settings, run }),
  };
  for (const [name, text] of Object.entries(files)) {
    await using file = await AtomicFile.create(join(folder, name));
    await file.write(new TextEncoder().encode(text));
    await file.close();
  }
}

/** The options that had an effect: without a model, none of a model's. */
function settingsOf(options: EvaluateOptions): Record<string, unknown> {
  const { out: _out, overwrite: _over, cache: _cache, ...settings } = options;
  if (options.predicted === undefined) return settings;
  const { labels, predicted, classification, minArea, threshold } = options;
  return { labels, predicted, classification, minArea, threshold };
}

function rowOf({ name, variant, scored, threshold, ...row }: EvaluationRow) {
  const { pixels, objects, ...evaluation } = row.evaluation;
  const { precision, recall } = objects;
  return {
    name,
    variant,
    scored: scored ?? null,
    threshold: threshold ?? null,
    notes: row.notes ?? [],
    evaluation: {
      ...evaluation,
      pixels: countsOf(pixels),
      objects: { ...countsOf(objects), precision, recall },
    },
  };
}

function countsOf(counts: PixelCounts) {
  return {
    true_positive: counts.truePositive,
    false_positive: counts.falsePositive,
    false_negative: counts.falseNegative,
  };
}
