import { join } from "node:path";
import { cannot } from "../errors/cannot.ts";
import { MaskAgreement, MaskEvaluator } from "../evaluate/mask_evaluator.ts";
import { type Predicted, predictedBands } from "../evaluate/predicted_bands.ts";
import { ClassPictureLabels } from "../labels/class_labels.ts";
import { openLabels } from "../labels/open_labels.ts";
import { writeBands } from "../masks/write_mask.ts";
import { openSlide } from "../slide/open_slide.ts";
import type { Slide } from "../slide/slide.ts";
import { tap } from "../tiles/area_downsample.ts";
import type { EvaluatedSlide, SlideParts } from "./evaluate_slide.ts";
import { renumber } from "./evaluated_classes.ts";
import { Review } from "./uncertainty.ts";
import { leastArea, writtenSettings } from "./written_settings.ts";

/** Suffixes of the masks that `infer` writes. */
const MASKS = [".rle.csv", ".mask.tif", ".mask.tiff", ".geojson", ".mask.png"];

/**
 * Compares results of a slide with its labels: the mask as it was written. Probabilities next to it only make the curve; they
 * are thresholded only if no mask was written.
 */
export async function evaluateFiles(
  { slide, labels, options, classes, matches, tell, signal }: SlideParts,
): Promise<EvaluatedSlide> {
  await using stack = new AsyncDisposableStack();
  const path = options.predicted!;
  const { name } = slide;
  const written = await writtenSettings(path, name);
  const { threshold: ran } = written;
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
  const notes: string[] = [];
  const minArea = leastArea(slide, {
    ...{ given: options.minArea, usual: written.minArea, notes },
  });
  const agreement = new MaskAgreement();
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
  const review = new Review(threshold);
  review.disagreementPx = written.disagreementPx;
  const evaluator = new MaskEvaluator(labels, {
    ...{ minArea, classes: classes?.names },
    onObject(object) {
      review.add(object);
      matches?.add(object);
    },
  });
  const bands = tap(
    predictedBands(predicted, { signal }),
    (band) => agreement.add(band),
  );
  await writeBands(
    classes ? renumber(bands, classes) : bands,
    matches ? [evaluator, matches] : [evaluator],
    { signal },
  );
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
  const counts = evaluator.counts();
  return {
    variants: new Map([["predicted", counts]]),
    seams: [],
    scored: mask ? "mask" : "probability",
    uncertainty: review.of(counts, slide),
    ...{ threshold, minArea, notes },
  };
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
