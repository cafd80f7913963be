import {
  evaluateCounts,
  type EvaluationCounts,
} from "../evaluate/evaluate_counts.ts";
import {
  describeSeams,
  type EvaluationRow,
  type SeamsReport,
} from "../evaluate/evaluation_page.ts";
import type { SeamProfile } from "../evaluate/seam_profile.ts";
import type { LabelSource } from "../labels/label_source.ts";
import { openLabels } from "../labels/open_labels.ts";
import { loadModel } from "../predict/load_model.ts";
import type { Model } from "../predict/model.ts";
import { openSlide } from "../slide/open_slide.ts";
import type { Slide } from "../slide/slide.ts";
import { planTiles } from "../tiles/plan_tiles.ts";
import { allowHosts } from "./allow_hosts.ts";
import {
  evaluateHelp,
  type EvaluateOptions,
  parseEvaluateOptions,
} from "./evaluate_options.ts";
import {
  type EvaluatedSlide,
  evaluateFiles,
  evaluateModel,
  tilingOf,
} from "./evaluate_slide.ts";
import { oneLine } from "./one_line.ts";
import { writeEvaluation } from "./write_evaluation.ts";

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
  const options = parseEvaluateOptions(args);
  if (!options) {
    console.log(evaluateHelp);
    return 0;
  }
  checkTiles(options);
  await allowHosts(options.slides);
  const labels = await openLabels(options.labels, options);
  const done: { name: string; result: EvaluatedSlide }[] = [];
  let model: Model | undefined;
  const report = (error: unknown) => {
    signal.throwIfAborted();
    model?.gpu.check(); // nothing goes on without the device
    console.error(`tilewise: ${oneLine(error)}`);
  };
  try {
    for (const path of options.slides) {
      await using stack = new AsyncDisposableStack();
      let opened: { slide: Slide; labels: LabelSource };
      try {
        const slide = stack.use(
          await openSlide(path, { mpp: options.slideMpp, signal }),
        );
        const source = await labels.open(slide, { signal });
        const { name } = slide;
        if (!source || done.some((one) => one.name === name)) {
          throw new RangeError(
            `Cannot evaluate "${name}" as each slide has a name and labels of its own: received ${
              source ? "this name twice" : `none in ${options.labels}`
            }`,
          );
        }
        opened = { slide, labels: stack.use(source) };
      } catch (error) {
        report(error);
        continue;
      }
      if (!options.predicted) {
        model ??= await loadModel(options.arch, options.weights, {
          precision: options.precision,
          side: options.tile + Math.max(...options.expansions),
          signal,
        });
      }
      try {
        const { name } = opened.slide;
        const parts = { ...opened, options, signal };
        const result = model
          ? await evaluateModel(model, parts)
          : await evaluateFiles(parts);
        done.push({ name, result });
        if (!options.quiet) rowsOf(name, [result]).forEach(print);
      } catch (error) {
        report(error);
      }
    }
  } finally {
    await model?.[Symbol.asyncDispose]();
  }
  if (done.length === 0) return 1;
  const results = {
    overall: rowsOf("all", done.map(({ result }) => result)),
    slides: done.flatMap(({ name, result }) => rowsOf(name, [result])),
    seams: seamsOf(done.map(({ result }) => result.seams), options),
  };
  if (!options.quiet) {
    if (done.length > 1) results.overall.forEach(print);
    if (results.seams) console.log(describeSeams(results.seams));
  }
  if (options.out) {
    await writeEvaluation(options.out, { report: results, options });
  }
  return done.length < options.slides.length ? 1 : 0;
}

/** Throws where no slide could be cut so. */
function checkTiles(options: EvaluateOptions): void {
  if (options.predicted) return;
  const { seams, expansions, reference, mpp = 1 } = options;
  const slide = { width: 1, height: 1, mpp: { x: mpp, y: mpp } };
  for (const expansion of seams ? [0, ...expansions, reference] : expansions) {
    planTiles(slide, tilingOf(options, expansion));
  }
}

function rowsOf(
  name: string,
  results: readonly EvaluatedSlide[],
): EvaluationRow[] {
  const variants = new Map<string, EvaluationCounts[]>();
  for (const result of results) {
    for (const [variant, counts] of result.variants) {
      variants.set(variant, [...variants.get(variant) ?? [], counts]);
    }
  }
  return [...variants].map(([variant, counts]) => ({
    name,
    variant,
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
  const recommended = first[0].recommend(tolerance);
  return {
    profiles: first,
    reference,
    tolerance,
    recommended: recommended !== undefined && recommended <= reference
      ? recommended
      : undefined,
  };
}

function print({ name, variant, evaluation }: EvaluationRow): void {
  const { dice, iou, objects, best } = evaluation;
  const sweep = best
    ? `, best ${best.dice.toFixed(4)} at ${best.threshold.toFixed(2)}`
    : "";
  console.log(
    `${name} (${variant}): Dice ${dice.toFixed(4)}, IoU ${iou.toFixed(4)}, ` +
      `objects ${objects.matched} of ${objects.actual} found, ` +
      `precision ${objects.precision.toFixed(3)}, recall ${
        objects.recall.toFixed(3)
      }${sweep}`,
  );
}
