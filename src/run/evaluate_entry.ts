import { cannot, reasonOf } from "../errors/cannot.ts";
import { evaluateCounts } from "../evaluate/evaluate_counts.ts";
import { nothingKnown, percent } from "../labels/corrections.ts";
import type { Labels } from "../labels/open_labels.ts";
import type { Producer } from "../masks/run_record.ts";
import type { MinArea } from "../options/output.ts";
import type { EvaluationRow } from "../report/evaluation_page.ts";
import { openSlide } from "../slide/open_slide.ts";
import { evaluateFiles } from "./evaluate_files.ts";
import type { EvaluateOptions } from "./evaluate_options.ts";
import { type EvaluatedSlide, evaluateModel } from "./evaluate_slide.ts";
import type { EvaluatedClasses } from "./evaluated_classes.ts";
import type { EvaluationPictures } from "./evaluation_pictures.ts";
import type { LazyModel } from "./lazy_model.ts";
import type { SlideEntry } from "./list_slides.ts";
import { quoted, type RunEvent } from "./run_context.ts";
import { SlideMatches } from "./slide_matches.ts";
import { type EvaluationReport, matchesFile } from "./write_evaluation.ts";

/** Events of {@linkcode evaluateSlides}.
 * @category Evaluation */
export type EvaluateEvent =
  | RunEvent
  /** A slide is evaluated. */
  | { readonly kind: "rows"; readonly rows: readonly EvaluationRow[] }
  /** All slides are evaluated; files follow. */
  | { readonly kind: "evaluated"; readonly evaluation: SlidesEvaluation }
  /** A slide failed; the others continue. */
  | { readonly kind: "failed"; readonly error: string };

/** An evaluation of slides.
 * @category Evaluation */
export interface SlidesEvaluation extends EvaluationReport {
  /** Number of evaluated slides. */
  readonly done: number;
  /** Number of failed slides. */
  readonly failed: number;
}

/** What the evaluation of the slides shares. */
export interface EvaluationParts {
  readonly names: ReadonlyMap<string, unknown>;
  readonly labels: Labels;
  readonly model: LazyModel;
  readonly options: EvaluateOptions;
  readonly classes: EvaluatedClasses | undefined;
  /** The model's minimum object area. */
  readonly minArea: MinArea | undefined;
  /** The pictures of the page, and the run; none if nothing is written. */
  readonly pictures?: EvaluationPictures;
  readonly producer: Producer;
  tell(event: EvaluateEvent): void | Promise<void>;
  warn(slide: string, tileMpp: number | undefined): void;
  readonly signal: AbortSignal;
}

/** Evaluates a slide. */
export async function evaluateEntry(
  { source, mpp, error }: SlideEntry,
  {
    names,
    labels,
    model,
    options,
    classes,
    minArea,
    pictures,
    producer,
    tell,
    warn,
    signal,
  }: EvaluationParts,
): Promise<[string, EvaluatedSlide]> {
  if (error !== undefined) throw error;
  await using slide = await openSlide(source, {
    mpp: mpp ?? options.slideMpp,
    page: options.page,
    sampleRange: options.sampleRange,
    signal,
  });
  await using truth = await labels.open(slide, { signal });
  const { name } = slide;
  if (!truth || names.has(name)) {
    throw cannot(
      `evaluate "${name}"`,
      truth
        ? "two slides have this name"
        : `it has no labels in ${quoted(options.labels)}`,
      { kind: RangeError },
    );
  }
  if (truth.knownPixels === 0) {
    throw cannot(`evaluate "${name}"`, nothingKnown(`"${name}"`), {
      kind: RangeError,
    });
  }
  const matches = pictures && new SlideMatches(
    matchesFile(options.out!, name),
    { slide, classes: classes?.names, producer },
  );
  const parts = {
    ...{ slide, labels: truth, options, classes, matches, tell, signal },
  };
  const result = options.predicted
    ? await evaluateFiles(parts)
    : await evaluateModel(await model.load(), {
      ...parts,
      usual: minArea,
      onMemory: (plan) => model.tellMemory(plan),
      onScale: (tileMpp) => warn(name, tileMpp),
    });
  const notes = [...slide.warnings ?? [], ...result.notes];
  notes.push(...knownNotes(result));
  if (matches) {
    const counts = [...result.variants.values()].at(-1)!;
    const { dice } = evaluateCounts([counts]);
    const { names } = classes ?? {};
    try {
      await pictures.add(slide, matches, { dice, classes: names, signal });
    } catch (error) {
      signal.throwIfAborted();
      // The scores hold all the same: they are of predictions and labels.
      notes.push(`its pictures are missing: ${reasonOf(error)}`);
    }
  }
  return [name, { ...result, notes }];
}

/** What of a slide with corrections was scored. */
function knownNotes({ variants }: EvaluatedSlide): string[] {
  const all = [...variants].flatMap(([variant, { known }]) =>
    known ? [{ variant, known }] : []
  );
  if (all.length === 0) return [];
  const [{ known: { pixels, of, leftOut } }] = all;
  const predicted = all.map(({ variant, known }) =>
    `${known.leftOut.predicted} predicted${
      all.length > 1 ? ` (${variant})` : ""
    }`
  );
  return [
    `only what is known of its labels is scored, ${
      percent(pixels / of)
    } of the slide; objects that are not known as a whole count nowhere: ${leftOut.labeled} labeled, ${
      predicted.join(", ")
    }`,
  ];
}
