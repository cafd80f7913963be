import { MaskEvaluator } from "../evaluate/mask_evaluator.ts";
import { measureSeams } from "../evaluate/measure_seams.ts";
import { type Predicted, predictedBands } from "../evaluate/predicted_bands.ts";
import type { EvaluationCounts } from "../evaluate/evaluate_counts.ts";
import type { SeamProfile } from "../evaluate/seam_profile.ts";
import type { LabelSource } from "../labels/label_source.ts";
import { openLabels } from "../labels/open_labels.ts";
import { stitchBands } from "../masks/stitch_bands.ts";
import { writeBands } from "../masks/write_bands.ts";
import type { Model } from "../predict/model.ts";
import type { MemoryPlan } from "../predict/plan_memory.ts";
import { predictTiles } from "../predict/predict_tiles.ts";
import { openSlide } from "../slide/open_slide.ts";
import type { Slide } from "../slide/slide.ts";
import { keepTissue } from "../tiles/keep_tissue.ts";
import { planTiles, type TileOptions } from "../tiles/plan_tiles.ts";
import { streamTiles } from "../tiles/stream_tiles.ts";
import { tap } from "../tiles/tap.ts";
import type { EvaluateOptions } from "./evaluate_options.ts";
import { startProgress } from "./progress.ts";

/** What a slide came to. */
export interface EvaluatedSlide {
  /** Counts for each way of predicting, by its name. */
  readonly variants: ReadonlyMap<string, EvaluationCounts>;
  /** Seams for each expansion, plain tiles first, where they were asked for. */
  readonly seams: readonly SeamProfile[];
}

interface SlideParts {
  readonly slide: Slide;
  readonly labels: LabelSource;
  readonly options: EvaluateOptions;
  readonly signal: AbortSignal;
}

/** Compares what was found in a slide before with its labels. */
export async function evaluateFiles(
  { slide, labels, options, signal }: SlideParts,
): Promise<EvaluatedSlide> {
  await using stack = new AsyncDisposableStack();
  const path = options.predicted!;
  const map = await openOptional(
    `${path}/${slide.name}.probability.tif`,
    signal,
  );
  let predicted: Predicted;
  if (map) {
    stack.use(map);
    expectSize(map, slide);
    predicted = { probability: map, threshold: options.threshold };
  } else {
    const found = await openLabels(path, {
      preferred: options.classification,
      onWarning: (text) => console.error(`tilewise: predicted, ${text}`),
    });
    const mask = await found.open(slide, { signal });
    if (!mask) {
      throw new RangeError(
        `Cannot evaluate "${slide.name}" as its mask is needed: received none in ${path}`,
      );
    }
    predicted = { mask: stack.use(mask) };
  }
  const evaluator = new MaskEvaluator(labels, options);
  const bands = predictedBands(predicted, { signal });
  await writeBands(bands, [evaluator], { signal });
  return {
    variants: new Map([["predicted", evaluator.counts()]]),
    seams: [],
  };
}

/** Runs a model over a slide, with each expansion, and compares what it finds with the labels. */
export async function evaluateModel(
  model: Model,
  { slide, labels, options, signal, onMemory }: SlideParts & {
    readonly onMemory: (plan: MemoryPlan) => void;
  },
): Promise<EvaluatedSlide> {
  const { fill, flips, threshold } = options;
  const { name, width, height } = slide;
  const runs = options.expansions.length + (options.seams ? 1 : 0);
  const grid = planTiles(slide, tilingOf(options, options.expansions[0]));
  const progress = startProgress({
    name,
    tiles: grid.count * runs,
    quiet: options.quiet,
  });
  const tissue = (expansion: number) =>
    keepTissue(
      tap(
        streamTiles(slide, {
          ...tilingOf(options, expansion),
          fill,
          signal,
        }),
        progress.step,
      ),
    );
  const variants = new Map<string, EvaluationCounts>();
  try {
    for (const expansion of options.expansions) {
      const evaluator = new MaskEvaluator(labels, options);
      const predictions = predictTiles(tissue(expansion), model, {
        flips,
        threshold,
        probability8: true,
        onMemory,
        signal,
      });
      const bands = stitchBands(predictions, { width, height, signal });
      await writeBands(bands, [evaluator], { signal });
      variants.set(variantName(expansion), evaluator.counts());
    }
    const seams = !options.seams
      ? []
      : await measureSeams(tissue(options.reference), model, {
        expansions: [...new Set([0, ...options.expansions])],
        flips,
        threshold,
        signal,
      });
    return { variants, seams };
  } finally {
    await progress.stop();
  }
}

/** How slides are cut with an expansion. */
function tilingOf(
  { tile: size, downsample, mpp, level }: EvaluateOptions,
  expansion: number,
): TileOptions {
  return { size, expansion, downsample, mpp, level };
}

/** What an expansion is called. */
function variantName(expansion: number): string {
  return expansion === 0 ? "plain tiles" : `expansion ${expansion}`;
}

async function openOptional(
  path: string,
  signal: AbortSignal,
): Promise<Slide | undefined> {
  try {
    await Deno.stat(path);
  } catch {
    return undefined;
  }
  return await openSlide(path, { signal });
}

function expectSize(map: Slide, { name, width, height }: Slide): void {
  if (map.width === width && map.height === height) return;
  throw new RangeError(
    `Cannot evaluate "${name}" as its probabilities must be as large, ${width}×${height}: received ${map.width}×${map.height}`,
  );
}
