import {
  evaluationPage,
  type EvaluationRow,
  type SeamsReport,
} from "../report/evaluation_page.ts";
import type { PixelCounts } from "../evaluate/evaluate_counts.ts";
import { AtomicFile } from "../io/atomic_file.ts";
import type { RunRecord } from "../masks/run_record.ts";
import type { EvaluateOptions } from "./evaluate_options.ts";

/** What an evaluation came to. */
export interface EvaluationReport {
  readonly overall: readonly EvaluationRow[];
  readonly slides: readonly EvaluationRow[];
  readonly seams?: SeamsReport;
  readonly warnings: readonly string[];
}

/** The files that {@linkcode writeEvaluation} writes. */
export const EVALUATION_FILES = ["evaluation.json", "evaluation.html"] as const;

/**
 * Writes `evaluation.json` and `evaluation.html` into a folder.
 *
 * @throws {Error} If they cannot be written.
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
    await using file = await AtomicFile.create(`${folder}/${name}`);
    await file.write(new TextEncoder().encode(text));
    await file.close();
  }
}

/** The options that had a say: where no model was run, none of a model's. */
function settingsOf(options: EvaluateOptions): Record<string, unknown> {
  const {
    quiet: _,
    out: _out,
    overwrite: _over,
    slides: _slides,
    ...settings
  } = options;
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
