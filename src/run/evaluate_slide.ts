import type { EvaluationCounts } from "../evaluate/evaluate_counts.ts";
import { MaskEvaluator } from "../evaluate/mask_evaluator.ts";
import { measureSeams, type SeamProfile } from "../evaluate/measure_seams.ts";
import type { LabelSource } from "../labels/label_source.ts";
import type { UncertaintySummary } from "../masks/uncertainty.ts";
import { stitchBands } from "../masks/stitch/stitch_bands.ts";
import { writeBands } from "../masks/write_mask.ts";
import type { MinArea } from "../options/output.ts";
import type { Model } from "../predict/model.ts";
import type { MemoryPlan } from "../predict/plan_memory.ts";
import { predictTiles } from "../predict/predict_tiles.ts";
import type { Slide } from "../slide/slide.ts";
import { tap } from "../tiles/area_downsample.ts";
import { keepTissue } from "../tiles/keep_tissue.ts";
import { planTiles } from "../tiles/plan_tiles.ts";
import { streamTiles } from "../tiles/stream_tiles.ts";
import type { EvaluateOptions } from "./evaluate_options.ts";
import { type EvaluatedClasses, renumber } from "./evaluated_classes.ts";
import { tilingOf } from "./predict_slide.ts";
import type { SlideMatches } from "./slide_matches.ts";
import { countDisagreement, Review } from "./uncertainty.ts";
import { leastArea } from "./written_settings.ts";
import type { Tell } from "./run_context.ts";

/** The evaluation of a slide. */
export interface EvaluatedSlide {
  /** Counts of each variant, by its name. */
  readonly variants: ReadonlyMap<string, EvaluationCounts>;
  /** Seams of each expansion, plain tiles first, if requested. */
  readonly seams: readonly SeamProfile[];
  /** What was scored: a written mask, thresholded probabilities, or predictions of a model. */
  readonly scored: "mask" | "probability" | "model";
  /** Threshold of the scored mask; `undefined` if unknown. */
  readonly threshold?: number;
  /** Minimum area of predicted objects in pixels. */
  readonly minArea: number;
  /** What is uncertain about the last variant, if probabilities and threshold are known. */
  readonly uncertainty?: UncertaintySummary;
  /** Notes on the numbers. */
  readonly notes: readonly string[];
}

/** What the evaluation of a slide needs. */
export interface SlideParts {
  readonly slide: Slide;
  readonly labels: LabelSource;
  readonly options: EvaluateOptions;
  /** Its classes, if there are several. */
  readonly classes?: EvaluatedClasses;
  /** Takes the matched objects of the last variant. */
  readonly matches?: SlideMatches;
  readonly tell: Tell;
  readonly signal: AbortSignal;
}

/** Runs a model over a slide, with each expansion, and compares the predictions with the labels. */
export async function evaluateModel(
  model: Model,
  {
    slide,
    labels,
    options,
    classes,
    matches,
    tell,
    signal,
    usual,
    onMemory,
    onScale,
  }:
    & SlideParts
    & {
      /** The model's minimum object area. */
      readonly usual?: MinArea;
      readonly onMemory: (plan: MemoryPlan) => void;
      readonly onScale: (tileMpp: number | undefined) => void;
    },
): Promise<EvaluatedSlide> {
  const { fill, flips, threshold = 0.5 } = options;
  const { name, width, height, mpp } = slide;
  const runs = options.expansions.length + (options.seams ? 1 : 0);
  const [expansion] = options.expansions;
  const grid = planTiles(slide, tilingOf({ ...options, expansion }));
  onScale(mpp && (mpp.x + mpp.y) / 2 * grid.downsample);
  await tell({ kind: "tiles", slide: name, tiles: grid.count * runs });
  const tissue = (expansion: number) =>
    keepTissue(
      tap(
        streamTiles(slide, {
          ...tilingOf({ ...options, expansion }),
          fill,
          signal,
        }),
        () => void tell({ kind: "tile" }),
      ),
    );
  const variants = new Map<string, EvaluationCounts>();
  const notes: string[] = [];
  const review = new Review(threshold);
  const minArea = leastArea(slide, {
    ...{ given: options.minArea, usual, notes },
  });
  try {
    for (const expansion of options.expansions) {
      const isLast = expansion === options.expansions.at(-1);
      const shown = isLast ? matches : undefined;
      const evaluator = new MaskEvaluator(labels, {
        ...{ minArea, classes: classes?.names },
        onObject(object) {
          if (!isLast) return;
          review.add(object);
          matches?.add(object);
        },
      });
      const predictions = predictTiles(tissue(expansion), model, {
        flips,
        threshold,
        probability8: !classes,
        votes8: isLast && model.networks.length > 1,
        onMemory,
        signal,
      });
      const counted = tap(predictions, ({ tile, votes8 }) => {
        if (!votes8) return;
        review.disagreementPx ??= 0;
        review.disagreementPx += countDisagreement({ tile, votes8 }, slide);
      });
      const bands = stitchBands(counted, { width, height, signal });
      await writeBands(
        classes ? renumber(bands, classes) : bands,
        shown ? [evaluator, shown] : [evaluator],
        { signal },
      );
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
    const uncertainty = review.of([...variants.values()].at(-1)!, slide);
    return {
      ...{ variants, seams, scored: "model", threshold, minArea },
      ...{ uncertainty, notes },
    };
  } finally {
    await tell({ kind: "tiled" });
  }
}

/** The name of an expansion. */
function variantName(expansion: number): string {
  return expansion === 0 ? "plain tiles" : `expansion ${expansion}`;
}
