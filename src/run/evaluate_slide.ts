import { cannot } from "../errors/cannot.ts";
import type { EvaluationCounts } from "../evaluate/evaluate_counts.ts";
import { MaskAgreement, MaskEvaluator } from "../evaluate/mask_evaluator.ts";
import { measureSeams, type SeamProfile } from "../evaluate/measure_seams.ts";
import { type Predicted, predictedBands } from "../evaluate/predicted_bands.ts";
import type { LabelSource } from "../labels/label_source.ts";
import { ClassPictureLabels } from "../labels/class_labels.ts";
import { openLabels } from "../labels/open_labels.ts";
import { stitchBands } from "../masks/stitch/stitch_bands.ts";
import { writeBands } from "../masks/write_mask.ts";
import type { Model } from "../predict/model.ts";
import type { MemoryPlan } from "../predict/plan_memory.ts";
import { predictTiles } from "../predict/predict_tiles.ts";
import { openSlide } from "../slide/open_slide.ts";
import type { Slide } from "../slide/slide.ts";
import { tap } from "../tiles/area_downsample.ts";
import { keepTissue } from "../tiles/keep_tissue.ts";
import { planTiles } from "../tiles/plan_tiles.ts";
import { streamTiles } from "../tiles/stream_tiles.ts";
import type { EvaluateOptions } from "./evaluate_options.ts";
import { type EvaluatedClasses, renumber } from "./evaluated_classes.ts";
import { tilingOf } from "./predict_slide.ts";
import { runThreshold } from "./lazy_model.ts";
import type { Tell } from "./run_context.ts";
import { join } from "node:path";

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
  /** Notes on the numbers. */
  readonly notes: readonly string[];
}

interface SlideParts {
  readonly slide: Slide;
  readonly labels: LabelSource;
  readonly options: EvaluateOptions;
  /** Its classes, if there are several. */
  readonly classes?: EvaluatedClasses;
  readonly tell: Tell;
  readonly signal: AbortSignal;
}

/** Suffixes of the masks that `infer` writes. */
const MASKS = [".rle.csv", ".mask.tif", ".mask.tiff", ".geojson", ".mask.png"];

/**
 * Compares results of a slide with its labels: the mask as it was written. Probabilities next to it only make the curve; they
 * are thresholded only if no mask was written.
 */
export async function evaluateFiles(
  { slide, labels, options, classes, tell, signal }: SlideParts,
): Promise<EvaluatedSlide> {
  await using stack = new AsyncDisposableStack();
  const path = options.predicted!;
  const { name } = slide;
  const ran = await runThreshold(path, name);
  // A map is of one class.
  const map = classes
    ? undefined
    : await openOptional(join(path, `${name}.probability.tif`), signal);
  if (map) {
    stack.use(map);
    expectSize(map, slide);
  }
  const mask = map && !await hasMask(path, name)
    ? undefined
    : await (await openLabels(path, {
      ...classes
        ? {
          classes: classes.predicted ?? classes.names,
          ignored: classes.ignored,
        }
        : { preferred: options.classification as string | undefined },
      corrections: false,
      onWarning: (text) =>
        void tell({ kind: "note", text: `predicted, ${text}` }),
    })).open(slide, { signal });
  const { minArea } = options;
  const evaluator = new MaskEvaluator(labels, {
    minArea,
    classes: classes?.names,
  });
  const agreement = new MaskAgreement();
  const notes: string[] = [];
  if (mask instanceof ClassPictureLabels && !classes?.predicted) {
    notes.push(
      `the values of its mask are taken as numbers of classes in the order of --class: ${
        classes!.names.join(", ")
      }`,
    );
  }
  let predicted: Predicted;
  let threshold = ran;
  if (mask) {
    predicted = { mask: stack.use(mask), probability: map };
    expectThreshold(name, { given: options.threshold, ran });
  } else if (map) {
    threshold = options.threshold ?? ran ?? 0.5;
    predicted = { probability: map, threshold };
    const why = options.threshold !== undefined
      ? "by --threshold"
      : ran !== undefined
      ? "as in its run"
      : "as that of its run is unknown; --threshold sets it";
    notes.push(
      `no mask was written: its probabilities are thresholded at ${threshold}, ${why}`,
    );
  } else {
    throw cannot(`evaluate "${name}"`, `it has no mask in "${path}"`, {
      kind: RangeError,
    });
  }
  const bands = tap(
    predictedBands(predicted, { signal }),
    (band) => agreement.add(band),
  );
  await writeBands(classes ? renumber(bands, classes) : bands, [evaluator], {
    signal,
  });
  const pixels = agreement.contradictions(ran);
  if (mask && pixels > 0) {
    notes.push(
      `its mask and its probabilities contradict each other in ${pixels} pixels: ` +
        (ran === undefined
          ? "no threshold gives this mask"
          : `the threshold of its run, ${ran}, gives another mask`) +
        "; the mask is scored, the curve is of the probabilities",
    );
  }
  return {
    variants: new Map([["predicted", evaluator.counts()]]),
    seams: [],
    scored: mask ? "mask" : "probability",
    threshold,
    notes,
  };
}

/** Runs a model over a slide, with each expansion, and compares the predictions with the labels. */
export async function evaluateModel(
  model: Model,
  { slide, labels, options, classes, tell, signal, onMemory, onScale }:
    & SlideParts
    & {
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
  try {
    for (const expansion of options.expansions) {
      const evaluator = new MaskEvaluator(labels, {
        minArea: options.minArea,
        classes: classes?.names,
      });
      const predictions = predictTiles(tissue(expansion), model, {
        flips,
        threshold,
        probability8: !classes,
        onMemory,
        signal,
      });
      const bands = stitchBands(predictions, { width, height, signal });
      await writeBands(
        classes ? renumber(bands, classes) : bands,
        [evaluator],
        {
          signal,
        },
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
    return { variants, seams, scored: "model", threshold, notes: [] };
  } finally {
    await tell({ kind: "tiled" });
  }
}

/** The name of an expansion. */
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

async function hasMask(folder: string, name: string): Promise<boolean> {
  for await (const file of Deno.readDir(folder)) {
    if (MASKS.some((suffix) => file.name === name + suffix)) return true;
  }
  return false;
}

/** Throws if a mask cannot be scored at a given threshold. */
function expectThreshold(
  name: string,
  { given, ran }: { readonly given?: number; readonly ran?: number },
): void {
  if (given === undefined || given === ran) return;
  const written = ran === undefined
    ? "the threshold of its mask is unknown"
    : `its mask was written at ${ran}`;
  throw cannot(
    `evaluate "${name}" at --threshold ${given}`,
    `${written}; leave --threshold out (with NAME.probability.tif, evaluation.json has the curve of all thresholds), or run infer with it`,
    { kind: RangeError },
  );
}

function expectSize(map: Slide, { name, width, height }: Slide): void {
  if (map.width === width && map.height === height) return;
  throw cannot(
    `evaluate "${name}"`,
    `its probability map is ${map.width}×${map.height}, the slide ${width}×${height}`,
    { kind: RangeError },
  );
}
