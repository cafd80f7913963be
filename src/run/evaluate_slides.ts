import project from "../../deno.json" with { type: "json" };
import { cannot, reasonOf, UsageError } from "../errors/cannot.ts";
import { TEMPORARY_BYTES } from "../io/atomic_file.ts";
import { openLabels } from "../labels/open_labels.ts";
import { givenFlags, withDefaults } from "../options/option.ts";
import {
  evaluateEntry,
  type EvaluateEvent,
  type EvaluationParts,
  type SlidesEvaluation,
} from "./evaluate_entry.ts";
import { type EvaluateOptions, evaluateOptions } from "./evaluate_options.ts";
import {
  classesOfResults,
  evaluatedClasses,
  unlabeledClasses,
  withColors,
} from "./evaluated_classes.ts";
import type { EvaluatedSlide } from "./evaluate_slide.ts";
import { EvaluationPictures } from "./evaluation_pictures.ts";
import { rowsOf, seamsOf } from "./evaluation_rows.ts";
import { chooseModel, type ChosenModel } from "./choose_model.ts";
import { checkTiling } from "./infer_options.ts";
import { LazyModel } from "./lazy_model.ts";
import { listSlides, type SlideEntry, slideName } from "./list_slides.ts";
import { findClass, missingClass } from "./missing_class.ts";
import { makeFolder, refuseNames, refuseNamesakes } from "./output_folder.ts";
import { requestedClasses } from "./requested_classes.ts";
import {
  endless,
  type JobOptions,
  oneLine,
  RunContext,
  untold,
} from "./run_context.ts";
import type { TrainedDefaults } from "./trained_with.ts";
import {
  type EvaluationReport,
  leaseEvaluation,
  MATCHES_SUFFIX,
  refuseEvaluation,
  writeEvaluation,
} from "./write_evaluation.ts";

/** Options for {@linkcode evaluateSlides}.
 * @category Evaluation */
export interface EvaluateSlidesOptions
  extends
    Partial<Omit<EvaluateOptions, "labels">>,
    Pick<EvaluateOptions, "labels">,
    Omit<JobOptions, "onEvent"> {
  /** Called with each event. Default: none. */
  readonly onEvent?: (event: EvaluateEvent) => void | Promise<void>;
}

/**
 * Compares predictions of a model, or results of `infer`, with labels. Settings default to those that the weights were
 * trained with. If a slide fails, an event reports it and the others continue. With `out`, `evaluation.json`,
 * `evaluation.csv`, `evaluation.html` and `NAME.matches.geojson` of each slide are written. Deno only.
 *
 * @example
 * ```ts ignore
 * import { evaluateSlides } from "@tilewise/tilewise/run";
 *
 * const found = await evaluateSlides(["slides"], { labels: ["train.csv"], predicted: "results" });
 * console.log(found?.overall[0].evaluation.dice);
 * ```
 *
 * @returns the evaluation; `undefined` if every slide failed.
 * @throws {RangeError} If no label has the given class.
 * @category Evaluation
 */
export async function evaluateSlides(
  sources: readonly (string | SlideEntry)[],
  given: EvaluateSlidesOptions,
): Promise<SlidesEvaluation | undefined> {
  const { onEvent: tell = untold, signal: stop = endless() } = given;
  const flags = givenFlags(evaluateOptions, given);
  const chosen = await chooseModel(given, { tell, signal: stop });
  const { trained, opened, weights } = chosen;
  const { outputs, ...said } = trained.defaults(flags);
  const options = {
    ...resolve(given, { ...chosen.defaults, ...said }),
    ...{ weights, model: opened?.label },
  };
  checkTiles(options);
  const context = await RunContext.begin(given.command ?? []);
  const start = new Date();
  const slides = await listSlides(sources);
  const named = slides.filter(({ error }) => error === undefined);
  refuseNamesakes(named);
  if (options.out) {
    refuseNames(named, { more: TEMPORARY_BYTES + MATCHES_SUFFIX.length });
  }
  const names = named.map(({ source }) => slideName(source));
  await refuseEvaluation(options, names);
  const classes = evaluatedClasses(
    options,
    options.predicted
      ? await classesOfResults(options.predicted, names)
      : outputs?.map(({ name }) => name),
  );
  if (classes && options.seams) {
    throw cannot("measure seams", "that is done for models of one class", {
      kind: RangeError,
    });
  }
  const warnings = await trained.tell(flags, options, tell);
  await using _out = options.out
    ? await makeFolder(options.out, "the evaluation")
    : undefined;
  await using lease = await leaseEvaluation(options, {
    ...{ context, names, signal: stop },
  });
  const signal = lease ? AbortSignal.any([stop, lease.lost]) : stop;
  const labels = await openLabels(options.labels, {
    ...classes
      ? { classes: classes.names, ignored: classes.ignored }
      : requestedClasses(options),
    unlabeled: options.unlabeled,
    onWarning: (text) => void tell({ kind: "note", text }),
  });
  await findClass(labels, options.classification, { slides, signal });
  if (options.predicted) await expectReadable(options.predicted); // before the slides
  const pictures = options.out ? new EvaluationPictures() : undefined;
  const done = new Map<string, EvaluatedSlide>();
  const warn = (name: string, tileMpp: number | undefined) => {
    const more = trained.tellScale(name, { ...options, tileMpp }, tell);
    warnings.push(...more.map((text) => `${name}: ${text}`));
  };
  const expansion = Math.max(...options.expansions);
  await using model = new LazyModel(
    { ...options, opened, expansion, tune: false },
    { tell, signal },
  );
  const parts: EvaluationParts = {
    names: done,
    ...{ labels, model, options, classes, pictures, tell, warn, signal },
    minArea: chosen.defaults.minArea,
    producer: { version: project.version, run: context.id },
  };
  for (const entry of slides) {
    try {
      const [name, result] = await evaluateEntry(entry, parts);
      done.set(name, result);
      for (const text of result.notes) {
        await tell({ kind: "note", slide: name, text });
      }
      await tell({ kind: "rows", rows: rowsOf(name, [result]) });
    } catch (error) {
      signal.throwIfAborted();
      model.check(); // no slide can do without weights and device
      await tell({ kind: "failed", error: oneLine(error) });
    }
  }
  if (done.size === 0) return undefined;
  missingClass(labels, options.classification);
  const report: EvaluationReport = {
    overall: rowsOf("all", [...done.values()]),
    slides: [...done].flatMap(([name, result]) => rowsOf(name, [result])),
    seams: seamsOf([...done.values()].map(({ seams }) => seams), options),
    ...(classes && {
      classes: withColors(classes.names, { labels, outputs }),
    }),
    pictures: pictures?.slides,
    worst: pictures?.worst,
    warnings,
  };
  for (const text of unlabeledClasses(report.overall[0].evaluation)) {
    warnings.push(text);
    await tell({ kind: "warning", text });
  }
  const failed = slides.length - done.size;
  const evaluation = { ...report, done: done.size, failed };
  await tell({ kind: "evaluated", evaluation });
  if (options.out) {
    const device = options.predicted ? undefined : await model.load();
    const run = context.record({ start, device });
    await writeEvaluation(options.out, { report, options, run });
  }
  return evaluation;
}

/** Given settings, else those of the checkpoints, else defaults. */
function resolve(
  given: EvaluateSlidesOptions,
  { expansion, classification, minArea: least, ...said }:
    & TrainedDefaults
    & ChosenModel["defaults"],
): EvaluateOptions {
  const { preferred = classification } = given;
  const expansions = expansion === undefined ? undefined : [expansion];
  const usual = given.predicted === undefined ? 0.5 : undefined;
  const minArea = least?.unit === "px" ? least.value : undefined;
  const first = { threshold: usual, expansions, minArea };
  const options = {
    ...withDefaults(evaluateOptions, first, said, given),
    ...(preferred !== undefined && { preferred }),
  };
  const largest = Math.max(...options.expansions);
  const { seams, reference = Math.max(256, 2 * largest) } = given;
  if (seams && reference <= largest) {
    throw new UsageError(
      `--reference must be above the largest expansion, ${largest}, received "${reference}"`,
    );
  }
  return { ...options, reference };
}

async function expectReadable(predicted: string): Promise<void> {
  try {
    await openLabels(predicted, { corrections: false });
  } catch (cause) {
    throw cannot(`open predictions "${predicted}"`, reasonOf(cause), { cause });
  }
}

/** Throws if no slide could be cut into these tiles. */
function checkTiles(options: EvaluateOptions): void {
  if (options.predicted) return;
  const { seams, expansions, reference } = options;
  for (const expansion of seams ? [0, ...expansions] : expansions) {
    checkTiling({ ...options, expansion });
  }
  if (seams) checkTiling({ ...options, expansion: reference }, "reference");
}
