import { cannot, reasonOf } from "../errors/cannot.ts";
import { nothingKnown } from "../labels/corrections.ts";
import { openLabels, type OpenLabelsOptions } from "../labels/open_labels.ts";
import { openSlide } from "../slide/open_slide.ts";
import type { Slide } from "../slide/slide.ts";
import type { TrainingSlide } from "../train/data/slide_samples.ts";
import { slideName, slidesIn } from "./list_slides.ts";
import { missingClass } from "./missing_class.ts";
import { refuseNamesakes } from "./output_folder.ts";
import { requestedClasses } from "./requested_classes.ts";
import { quoted } from "./run_context.ts";

/** Slides with labels, open until disposed of. */
export interface TrainingSlides extends AsyncDisposable {
  /** Slides with labels, by name. */
  readonly slides: readonly TrainingSlide[];
  /** The classes of their labels; none if labels have no classes. */
  readonly classes: readonly string[];
  /** The colors of classes in the labels. */
  readonly colors: ReadonlyMap<string, string>;
  /** What was left out and why, a line each. */
  readonly warnings: readonly string[];
}

/** Options for {@linkcode openTrainingSlides}. */
export interface OpenTrainingSlidesOptions {
  /** Files or folders of labels. */
  readonly labels: readonly string[];
  /** The class of GeoJSON annotations, or several classes. Default: the only class. */
  readonly classification?: string | readonly string[];
  /** Of several classes, those to leave out. */
  readonly ignoredClasses?: readonly string[];
  /** The class of predicted annotations, if they have several. */
  readonly preferred?: string;
  /** What undecided pixels of corrections are. Default: `"unknown"`. */
  readonly unlabeled?: OpenLabelsOptions["unlabeled"];
  /** Whether corrections are labels. Default: true. */
  readonly corrections?: boolean;
  /** Names of slides to leave out. */
  readonly except?: readonly string[];
  /** Micrometers per slide pixel, if slides lack it or are wrong. */
  readonly mpp?: number;
  /** The page with the slide, in files with several pages. */
  readonly page?: number;
  /** The sample values of black and white. */
  readonly sampleRange?: readonly [min: number, max: number];
  /** Stops early. */
  readonly signal?: AbortSignal;
}

/** Bytes of decoded blocks per slide: many slides are open, and tiles come in random order. */
const CACHE_BYTES = 32 << 20;

/** Maximum number of slides that a warning names. */
const NAMED = 5;

/**
 * Opens the slides of a folder that have labels.
 *
 * @throws {RangeError} If no slide has labels, or none of the class.
 * @throws {Error} If a slide or its labels cannot be read; the message names it.
 */
export async function openTrainingSlides(
  folder: string,
  options: OpenTrainingSlidesOptions,
): Promise<TrainingSlides> {
  const { labels: paths, except = [], mpp, page, sampleRange, signal } =
    options;
  const opening = { mpp, page, sampleRange, signal };
  const { classification } = options;
  const warnings: string[] = [];
  const labels = await openLabels(paths, {
    ...requestedClasses(options),
    unlabeled: options.unlabeled,
    corrections: options.corrections,
    onWarning: (text) => warnings.push(text),
  });
  const files = await slideFiles(folder);
  refuseNamesakes(files.map((source) => ({ source })));
  const opened: TrainingSlide[] = [];
  const stack = new AsyncDisposableStack();
  try {
    const [unlabeled, undecided]: string[][] = [[], []];
    const found = new Set<string>();
    for (const file of files) {
      let slide: Slide;
      try {
        slide = stack.use(
          await openSlide(file, { ...opening, cacheBytes: CACHE_BYTES }),
        );
      } catch (error) {
        signal?.throwIfAborted();
        // A file without labels is not needed.
        if (labels.ids.includes(slideName(file))) throw error;
        warnings.push(`left out: ${(error as Error).message}`);
        continue;
      }
      found.add(slide.name);
      if (except.includes(slide.name)) continue;
      const source = await labels.open(slide, { signal });
      if (source?.knownPixels === 0) {
        await source[Symbol.asyncDispose]();
        undecided.push(slide.name);
      } else if (source) {
        opened.push({ slide, labels: stack.use(source) });
        warnings.push(
          ...slide.warnings?.map((text) => `${slide.name}: ${text}`) ?? [],
        );
      } else unlabeled.push(slide.name);
    }
    if (opened.length === 0) {
      throw cannot(
        `train on slides of "${folder}"`,
        files.length === 0
          ? "there are none"
          : undecided.length > 0
          ? nothingKnown(list(undecided))
          : `none of ${files.length} has labels in ${quoted(paths)}`,
        { kind: RangeError },
      );
    }
    missingClass(labels, classification);
    const missing = labels.ids.filter((id) => !found.has(id));
    if (missing.length > 0) {
      warnings.push(`labels without a slide in "${folder}": ${list(missing)}`);
    }
    if (undecided.length > 0) {
      warnings.push(`left out: ${nothingKnown(list(undecided))}`);
    }
    const whole = opened.filter(({ labels }) => !labels.readKnown)
      .map(({ slide }) => slide.name);
    if (whole.length < opened.length && whole.length > 0) {
      warnings.push(
        `labels that are no corrections, so that all of the slide is known: ${
          list(whole)
        }`,
      );
    }
    if (unlabeled.length > 0) {
      warnings.push(`slides without labels, left out: ${list(unlabeled)}`);
    }
    return {
      slides: opened,
      classes: [...labels.classes.keys()],
      colors: labels.colors,
      warnings,
      [Symbol.asyncDispose]: () => stack.disposeAsync(),
    };
  } catch (error) {
    await stack.disposeAsync();
    throw error;
  }
}

async function slideFiles(folder: string): Promise<string[]> {
  try {
    if (!(await Deno.stat(folder)).isDirectory) {
      throw cannot("read a folder", "it is not a folder", { kind: TypeError });
    }
    const { slides } = await slidesIn(folder);
    return slides.map(({ source }) => source).sort(); // the order of a folder depends on the system
  } catch (cause) {
    throw cannot(`read the folder of slides "${folder}"`, reasonOf(cause), {
      cause,
    });
  }
}

function list(names: readonly string[]): string {
  const more = names.length - NAMED;
  return names.slice(0, NAMED).join(", ") +
    (more > 0 ? ` and ${more} more` : "");
}
