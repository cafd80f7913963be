import {
  evaluationPage,
  type EvaluationRow,
  type SeamsReport,
} from "../report/evaluation_page.ts";
import { AtomicFile } from "../masks/atomic_file.ts";
import type { RunRecord } from "../masks/run_record.ts";
import type { EvaluateOptions } from "./evaluate_options.ts";

/** What an evaluation came to. */
export interface EvaluationReport {
  readonly overall: readonly EvaluationRow[];
  readonly slides: readonly EvaluationRow[];
  readonly seams?: SeamsReport;
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
  const { overall, slides, seams } = report;
  const {
    quiet: _,
    out: _out,
    overwrite: _over,
    slides: _slides,
    ...settings
  } = options;
  const json = {
    run,
    overall,
    // The curve of all slides together is enough.
    slides: slides.map((
      { evaluation: { sweep: _, ...evaluation }, ...row },
    ) => ({
      ...row,
      evaluation,
    })),
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
  };
  const page = evaluationPage({
    ...report,
    threshold: options.threshold,
    settings,
    run,
  });
  const files = {
    "evaluation.json": JSON.stringify(json, null, 2) + "\n",
    "evaluation.html": page,
  };
  for (const [name, text] of Object.entries(files)) {
    await using file = await AtomicFile.create(`${folder}/${name}`);
    await file.write(new TextEncoder().encode(text));
    await file.close();
  }
}
