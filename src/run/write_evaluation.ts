import { join } from "node:path";
import type {
  ClassEvaluation,
  Evaluation,
  PixelCounts,
} from "../evaluate/evaluate_counts.ts";
import { AtomicFile } from "../io/atomic_file.ts";
import type { MaskClass } from "../io/classes.ts";
import { csvLine } from "../io/csv.ts";
import type { RunRecord } from "../masks/run_record.ts";
import {
  evaluationPage,
  type EvaluationRow,
  type SeamsReport,
} from "../report/evaluation_page.ts";
import type { MatchPicture } from "../report/match_pictures.ts";
import type { WorstObject } from "../report/match_strips.ts";
import { reviewOrder } from "../report/review_card.ts";
import type { EvaluateOptions } from "./evaluate_options.ts";
import type { Lease } from "./lease.ts";
import { leaseResults, refuseExisting } from "./output_folder.ts";
import type { RunContext } from "./run_context.ts";

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
  /** Pictures of slides with their matched objects, the lowest Dice first. */
  readonly pictures?: readonly MatchPicture[];
  /** The worst hits, misses and false alarms of all slides. */
  readonly worst?: readonly WorstObject[];
  /** Warnings of the run. */
  readonly warnings: readonly string[];
}

const FILES = ["evaluation.json", "evaluation.csv", "evaluation.html"] as const;

type EvaluationOutput = Pick<EvaluateOptions, "out" | "overwrite">;

/** What follows the slide's name in the name of a file of matched objects. */
export const MATCHES_SUFFIX = ".matches.geojson";

/** The file of a slide's matched objects. */
export function matchesFile(out: string, name: string): string {
  return join(out, `${name}${MATCHES_SUFFIX}`);
}

/**
 * Checks that no evaluation would be overwritten.
 *
 * @param names The names of the slides.
 * @throws {Error} If one would.
 */
export async function refuseEvaluation(
  { out, overwrite }: EvaluationOutput,
  names: readonly string[],
): Promise<void> {
  if (!out || overwrite) return;
  await refuseExisting(
    [
      ...FILES.map((name) => join(out, name)),
      ...names.map((name) => matchesFile(out, name)),
    ],
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
  { context, names, signal }: {
    readonly context: RunContext;
    /** The names of the slides. */
    readonly names: readonly string[];
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
    await refuseEvaluation(options, names);
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
  const { overall, slides, seams, classes, worst = [], warnings } = report;
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
    review: reviewOrder(slides),
    worst: worst.map(({ picture: _, ...object }) => object),
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
  const { classification, ignoredClasses, unlabeled } = options;
  return {
    ...{ labels, predicted, classification, ignoredClasses, unlabeled },
    ...{ minArea, threshold },
  };
}

function rowOf(
  { name, variant, scored, threshold, minArea, ...row }: EvaluationRow,
) {
  const { classes, confusion, known, ...evaluation } = row.evaluation;
  return {
    name,
    variant,
    scored: scored ?? null,
    threshold: threshold ?? null,
    minArea: minArea ?? null,
    notes: row.notes ?? [],
    evaluation: {
      ...scoresOf(evaluation),
      ...(known && {
        known: {
          ...{ pixels: known.pixels, of: known.of },
          labeled_left_out: known.leftOut.labeled,
          predicted_left_out: known.leftOut.predicted,
        },
      }),
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
  const { labeled, predicted, precision, recall } = objects;
  return {
    ...scores,
    pixels: countsOf(pixels),
    objects: { labeled, predicted, ...countsOf(objects), precision, recall },
  };
}

/** The columns of `evaluation.csv`. */
const COLUMNS = [
  ...["slide", "variant", "class", "dice", "iou"],
  ...["pixels_true_positive", "pixels_false_positive", "pixels_false_negative"],
  ...["objects_true_positive", "objects_false_positive"],
  ...["objects_false_negative", "objects_precision", "objects_recall"],
  ...["objects_labeled", "objects_predicted"],
  ...["uncertain_area_px", "uncertain_area_um2"],
  ...["disagreement_px", "disagreement_um2", "uncertain_objects"],
];

/**
 * A line for each row, and for each of several classes; `mean` is the name of all together. With corrections, the last column
 * is the number of known pixels.
 */
function tableOf(rows: readonly EvaluationRow[]): string {
  const isPartial = rows.some(({ evaluation }) => evaluation.known);
  const line = (
    { name, variant, uncertainty, evaluation: { known } }: EvaluationRow,
    label: string,
    { dice, iou, pixels, objects }: Omit<ClassEvaluation, "name">,
  ) =>
    csvLine([
      ...[name, variant, label, dice, iou],
      ...Object.values(countsOf(pixels)),
      ...Object.values(countsOf(objects)),
      ...[objects.precision, objects.recall],
      ...[objects.labeled, objects.predicted],
      uncertainty?.areaPx ?? "",
      uncertainty?.areaUm2 ?? "",
      uncertainty?.disagreementPx ?? "",
      uncertainty?.disagreementUm2 ?? "",
      uncertainty?.objects ?? "",
      ...isPartial ? [known?.pixels ?? ""] : [],
    ]);
  const heads = [...COLUMNS, ...isPartial ? ["pixels_known"] : []];
  return csvLine(heads) + rows.map((row) => {
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
