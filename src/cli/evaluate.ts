import {
  evaluateCounts,
  type EvaluationCounts,
} from "../evaluate/evaluate_counts.ts";
import {
  describeSeams,
  describeThreshold,
  type EvaluationRow,
  type SeamsReport,
} from "../report/evaluation_page.ts";
import type { SeamProfile } from "../evaluate/seam_profile.ts";
import { type Labels, openLabels } from "../labels/open_labels.ts";
import { openSlide } from "../slide/open_slide.ts";
import { allowFiles } from "./allow_files.ts";
import { allowSources } from "./allow_sources.ts";
import { checkTiling } from "./check_tiling.ts";
import {
  type EvaluateCommandOptions as EvaluateOptions,
  evaluateHelp,
  parseEvaluateOptions,
} from "./evaluate_options.ts";
import {
  type EvaluatedSlide,
  evaluateFiles,
  evaluateModel,
} from "./evaluate_slide.ts";
import { givenOptions } from "./given_options.ts";
import { LazyModel } from "./lazy_model.ts";
import { listSlides, type SlideEntry } from "./list_slides.ts";
import { makeFolder } from "./make_folder.ts";
import { findClass, missingClass } from "./missing_class.ts";
import { oneLine } from "./one_line.ts";
import { refuseExisting } from "./refuse_existing.ts";
import { refuseNamesakes } from "./refuse_namesakes.ts";
import { RunContext } from "../run/run_context.ts";
import { EVALUATION_FILES, writeEvaluation } from "./write_evaluation.ts";
import { type TrainedDefaults, TrainedWith } from "./trained_with.ts";
import { UsageError } from "../options/usage_error.ts";

/**
 * The command `evaluate`: what is found in slides, against their labels. A slide that fails is reported, and the others go
 * on.
 *
 * @returns the exit code.
 * @throws {UsageError} where the command line makes no sense, and whatever concerns all slides.
 */
export async function evaluate(
  args: readonly string[],
  { signal }: { readonly signal: AbortSignal },
): Promise<number> {
  const parsed = parseEvaluateOptions(args);
  if (!parsed) {
    console.log(evaluateHelp);
    return 0;
  }
  const given = givenOptions(args);
  const trained = await TrainedWith.read(parsed.weights);
  const options = withDefaults(parsed, trained.defaults(given), given);
  checkTiles(options);
  if (options.out) {
    const action = "write the evaluation";
    await allowFiles([options.out], { action, write: true });
  }
  const context = await RunContext.begin(["evaluate", ...args]);
  const start = new Date();
  const slides = await listSlides(options.slides);
  refuseNamesakes(slides.filter(({ error }) => error === undefined));
  if (options.out && !options.overwrite) {
    await refuseExisting(
      EVALUATION_FILES.map((name) => `${options.out}/${name}`),
      "--overwrite replaces them, another --out keeps them",
    );
  }
  const warnings = trained.tell(given, options, options);
  await using _out = options.out
    ? await makeFolder(options.out, "the evaluation")
    : undefined;
  await allowSources(slides.map(({ source }) => source));
  const labels = await openLabels(options.labels, {
    classification: options.classification,
    preferred: options.preferred,
    onWarning: (text) => console.error(`tilewise: ${text}`),
  });
  await findClass(labels, options.classification, { slides, signal });
  if (options.predicted) await expectReadable(options.predicted); // or none of the slides could be read
  const done = new Map<string, EvaluatedSlide>();
  const warn = (name: string, tileMpp: number | undefined) => {
    const more = trained.tellScale(name, { ...options, tileMpp });
    warnings.push(...more.map((text) => `${name}: ${text}`));
  };
  const expansion = Math.max(...options.expansions);
  await using model = new LazyModel(
    { ...options, expansion, tune: false },
    signal,
  );
  for (const entry of slides) {
    try {
      const [name, result] = await evaluateEntry(entry, {
        names: done,
        labels,
        model,
        options,
        warn,
        signal,
      });
      done.set(name, result);
      for (const note of result.notes) {
        console.error(`tilewise: ${name}: ${note}`);
      }
      if (!options.quiet) rowsOf(name, [result]).forEach(print);
    } catch (error) {
      signal.throwIfAborted();
      model.check(); // nothing goes on without weights or device
      console.error(`tilewise: ${oneLine(error)}`);
    }
  }
  if (done.size === 0) return 1;
  missingClass(labels, options.classification);
  const results = {
    overall: rowsOf("all", [...done.values()]),
    slides: [...done].flatMap(([name, result]) => rowsOf(name, [result])),
    seams: seamsOf([...done.values()].map(({ seams }) => seams), options),
    warnings,
  };
  if (!options.quiet) {
    if (done.size > 1) results.overall.forEach(print);
    const threshold = describeThreshold(results.slides);
    if (threshold) console.log(threshold);
    if (results.seams) console.log(describeSeams(results.seams));
  }
  if (options.out) {
    const device = options.predicted ? undefined : await model.load();
    const run = context.record({ start, device });
    await writeEvaluation(options.out, { report: results, options, run });
  }
  return done.size < slides.length ? 1 : 0;
}

async function evaluateEntry(
  { source, mpp, error }: SlideEntry,
  { names, labels, model, options, warn, signal }: {
    readonly names: ReadonlyMap<string, unknown>;
    readonly labels: Labels;
    readonly model: LazyModel;
    readonly options: EvaluateOptions;
    warn(slide: string, tileMpp: number | undefined): void;
    readonly signal: AbortSignal;
  },
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
    throw new RangeError(
      `Cannot evaluate "${name}" as each slide has a name and labels of its own: received ${
        truth ? "this name twice" : `none in ${options.labels.join(", ")}`
      }`,
    );
  }
  const parts = { slide, labels: truth, options, signal };
  const result = options.predicted
    ? await evaluateFiles(parts)
    : await evaluateModel(await model.load(), {
      ...parts,
      onMemory: (plan) => model.tellMemory(plan),
      onScale: (tileMpp) => warn(name, tileMpp),
    });
  return [name, {
    ...result,
    notes: [...slide.warnings ?? [], ...result.notes],
  }];
}

/** With what checkpoints say, where the command line does not. */
function withDefaults(
  parsed: EvaluateOptions,
  { expansion, classification: preferred, ...tiling }: TrainedDefaults,
  given: ReadonlySet<string>,
): EvaluateOptions {
  const options = {
    ...parsed,
    ...tiling,
    ...(preferred !== undefined && { preferred }),
    ...(expansion !== undefined && { expansions: [expansion] }),
  };
  const largest = Math.max(...options.expansions);
  const reference = given.has("reference")
    ? parsed.reference
    : Math.max(256, 2 * largest);
  if (options.seams && reference <= largest) {
    throw new UsageError(
      `--reference needs more than the largest expansion, ${largest}: received "${reference}"`,
    );
  }
  return { ...options, reference };
}

async function expectReadable(predicted: string): Promise<void> {
  try {
    await openLabels(predicted);
  } catch (cause) {
    throw new Error(
      oneLine(cause).replace("Cannot open labels", "Cannot open predictions"),
      { cause },
    );
  }
}

/** Throws where no slide could be cut so. */
function checkTiles(options: EvaluateOptions): void {
  if (options.predicted) return;
  const { seams, expansions, reference } = options;
  for (const expansion of seams ? [0, ...expansions] : expansions) {
    checkTiling({ ...options, expansion });
  }
  if (seams) checkTiling({ ...options, expansion: reference }, "reference");
}

function rowsOf(
  name: string,
  results: readonly EvaluatedSlide[],
): EvaluationRow[] {
  const [{ scored, threshold }] = results;
  const same = results.every((one) =>
    one.scored === scored && one.threshold === threshold
  );
  const variants = new Map<string, EvaluationCounts[]>();
  for (const result of results) {
    for (const [variant, counts] of result.variants) {
      variants.set(variant, [...variants.get(variant) ?? [], counts]);
    }
  }
  return [...variants].map(([variant, counts]) => ({
    name,
    variant,
    ...(same && { scored, threshold }),
    notes: results.length === 1 ? results[0].notes : [],
    evaluation: evaluateCounts(counts),
  }));
}

function seamsOf(
  slides: readonly (readonly SeamProfile[])[],
  { reference, tolerance }: EvaluateOptions,
): SeamsReport | undefined {
  // A slide without tissue has no profile.
  const [first, ...rest] = slides.filter((profiles) => profiles.length > 0);
  if (!first) return undefined;
  for (const profiles of rest) {
    profiles.forEach((profile, i) => first[i].merge(profile));
  }
  // A profile of less expansion foretells, one of more has been measured: the least that any of them vouches for.
  const recommended = Math.min(
    ...first.map((profile) => profile.recommend(tolerance) ?? Infinity),
  );
  return {
    profiles: first,
    reference,
    tolerance,
    recommended: recommended <= reference ? recommended : undefined,
  };
}

function print({ name, variant, evaluation }: EvaluationRow): void {
  const { dice, iou, objects, best } = evaluation;
  const sweep = best
    ? `, best ${best.dice.toFixed(4)} at ${best.threshold.toFixed(2)}`
    : "";
  console.log(
    `${name} (${variant}): Dice ${dice.toFixed(4)}, IoU ${iou.toFixed(4)}, ` +
      `objects ${objects.truePositive} of ${
        objects.truePositive + objects.falseNegative
      } found, ` +
      `precision ${objects.precision.toFixed(3)}, recall ${
        objects.recall.toFixed(3)
      }${sweep}`,
  );
}
