import { join } from "node:path";
import type {
  ClassEvaluation,
  Evaluation,
  PixelCounts,
} from "../evaluate/evaluate_counts.ts";
import { AtomicFile } from "../io/atomic_file.ts";
import type { MaskClass } from "../io/classes.ts";
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
  // One for all: those of thousands of tables would be garbage of hundreds of megabytes.
  const block = new Uint8Array(1 << 16);
  for (const path of paths) {
    for await (const { fields } of recordsOf(path, block)) {
      fields.forEach((name) => columns.add(columnOf(name)));
      break;
    }
  }
  await using file = await AtomicFile.create(join(out, "objects.csv"));
  const encoder = new TextEncoder();
  let text = csvLine(["slide", ...columns]);
  for (const [i, path] of paths.entries()) {
    let places: readonly number[] | undefined; // of the columns in this table
    for await (const { fields } of recordsOf(path, block)) {
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

function recordsOf(
  path: string,
  block: Uint8Array,
): AsyncIterable<CsvRecord> {
  return readCsv(textOf(path, block), { trim: false });
}

/** The text of a file, read through one array. */
async function* textOf(
  path: string,
  block: Uint8Array,
): AsyncGenerator<string> {
  using file = await Deno.open(path);
  const decoder = new TextDecoder();
  for (;;) {
    const count = await file.read(block);
    if (count === null) break;
    yield decoder.decode(block.subarray(0, count), { stream: true });
  }
  yield decoder.decode();
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
  /** The classes, if there are several. */
  readonly classes?: readonly MaskClass[];
  /** Warnings of the run. */
  readonly warnings: readonly string[];
}

const FILES = ["evaluation.json", "evaluation.csv", "evaluation.html"] as const;

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
    FILES.map((name) => join(out, name)),
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
 * Writes `evaluation.json`, `evaluation.csv` and `evaluation.html` into a folder.
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
  const { overall, slides, seams, classes, warnings } = report;
  const settings = settingsOf(options);
  const json = {
    run,
    classes,
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
  const files: Record<typeof FILES[number], string> = {
    "evaluation.json": JSON.stringify(json, null, 2) + "\n",
    "evaluation.csv": tableOf([...overall, ...slides]),
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
  const { labels, predicted, minArea, threshold } = options;
  const { classification, ignoredClasses } = options;
  return {
    ...{ labels, predicted, classification, ignoredClasses },
    ...{ minArea, threshold },
  };
}

function rowOf({ name, variant, scored, threshold, ...row }: EvaluationRow) {
  const { classes, confusion, ...evaluation } = row.evaluation;
  return {
    name,
    variant,
    scored: scored ?? null,
    threshold: threshold ?? null,
    notes: row.notes ?? [],
    evaluation: {
      ...scoresOf(evaluation),
      ...(classes && {
        classes: classes.map(scoresOf),
        confusion: {
          classes: ["background", ...classes.map(({ name }) => name)],
          pixels: confusion,
        },
      }),
    },
  };
}

function scoresOf<T extends Pick<Evaluation, "pixels" | "objects">>(
  { pixels, objects, ...scores }: T,
) {
  const { precision, recall } = objects;
  return {
    ...scores,
    pixels: countsOf(pixels),
    objects: { ...countsOf(objects), precision, recall },
  };
}

/** The columns of `evaluation.csv`. */
const COLUMNS = [
  ...["slide", "variant", "class", "dice", "iou"],
  ...["pixels_true_positive", "pixels_false_positive", "pixels_false_negative"],
  ...["objects_true_positive", "objects_false_positive"],
  ...["objects_false_negative", "objects_precision", "objects_recall"],
];

/** A line for each row, and for each of several classes; `mean` is the name of all together. */
function tableOf(rows: readonly EvaluationRow[]): string {
  const line = (
    { name, variant }: EvaluationRow,
    label: string,
    { dice, iou, pixels, objects }: Omit<ClassEvaluation, "name">,
  ) =>
    csvLine([
      ...[name, variant, label, dice, iou],
      ...Object.values(countsOf(pixels)),
      ...Object.values(countsOf(objects)),
      ...[objects.precision, objects.recall],
    ]);
  return csvLine(COLUMNS) + rows.map((row) => {
    const { classes = [] } = row.evaluation;
    return line(row, classes.length > 0 ? "mean" : "", row.evaluation) +
      classes.map((one) => line(row, one.name, one)).join("");
  }).join("");
}

function countsOf(counts: PixelCounts) {
  return {
    true_positive: counts.truePositive,
    false_positive: counts.falsePositive,
    false_negative: counts.falseNegative,
  };
}
