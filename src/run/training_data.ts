import { join } from "node:path";
import { cannot, reasonOf } from "../errors/cannot.ts";
import { openLabels } from "../labels/open_labels.ts";
import { openSlide } from "../slide/open_slide.ts";
import type { Slide } from "../slide/slide.ts";
import type { SampleSource } from "../train/data/sample.ts";
import {
  slideSamples,
  type TrainingSlide,
} from "../train/data/slide_samples.ts";
import { splitFolds } from "../train/data/split_folds.ts";
import { tileFolderSamples } from "../train/data/tile_folder_samples.ts";
import { TrainingData } from "../train/data/training_data.ts";
import { dataFingerprint } from "./fingerprint.ts";
import { SLIDE_EXTENSIONS, slideName } from "./list_slides.ts";
import { missingClass } from "./missing_class.ts";
import { refuseNamesakes } from "./output_folder.ts";
import { quoted } from "./run_context.ts";
import type { TrainRunOptions } from "./train_options.ts";

/** Slides with labels, open until disposed of. */
export interface TrainingSlides extends AsyncDisposable {
  /** Slides with labels, by name. */
  readonly slides: readonly TrainingSlide[];
  /** The classes of their labels; none if labels have no classes. */
  readonly classes: readonly string[];
  /** What was left out and why, a line each. */
  readonly warnings: readonly string[];
}

/** Options for {@linkcode openTrainingSlides}. */
export interface OpenTrainingSlidesOptions {
  /** Files or folders of labels. */
  readonly labels: readonly string[];
  /** The class of GeoJSON annotations. Default: the only class. */
  readonly classification?: string;
  /** The class of predicted annotations, if they have several. */
  readonly preferred?: string;
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

/** Masks and other results may lie next to slides. */
const SLIDE = new RegExp(
  `(?<!\\.(mask|overlay|probability))\\.(${SLIDE_EXTENSIONS.join("|")})$`,
  "i",
);

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
  const { classification, preferred } = options;
  const warnings: string[] = [];
  const labels = await openLabels(paths, {
    classification,
    preferred,
    onWarning: (text) => warnings.push(text),
  });
  const files = await slideFiles(folder);
  refuseNamesakes(files.map((source) => ({ source })));
  const opened: TrainingSlide[] = [];
  const stack = new AsyncDisposableStack();
  try {
    const unlabeled: string[] = [];
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
      if (source) {
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
          : `none of ${files.length} has labels in ${quoted(paths)}`,
        { kind: RangeError },
      );
    }
    missingClass(labels, classification);
    const missing = labels.ids.filter((id) => !found.has(id));
    if (missing.length > 0) {
      warnings.push(`labels without a slide in "${folder}": ${list(missing)}`);
    }
    if (unlabeled.length > 0) {
      warnings.push(`slides without labels, left out: ${list(unlabeled)}`);
    }
    return {
      slides: opened,
      classes: [...labels.classes.keys()],
      warnings,
      [Symbol.asyncDispose]: () => stack.disposeAsync(),
    };
  } catch (error) {
    await stack.disposeAsync();
    throw error;
  }
}

async function slideFiles(folder: string): Promise<string[]> {
  const files: string[] = [];
  try {
    for await (const { name, isDirectory } of Deno.readDir(folder)) {
      const isSlide = SLIDE.test(name) &&
        (!isDirectory || /\.zarr$/i.test(name));
      if (isSlide) files.push(join(folder, name));
    }
  } catch (cause) {
    throw cannot(`read the folder of slides "${folder}"`, reasonOf(cause), {
      cause,
    });
  }
  return files.sort(); // the order of a folder depends on the system
}

function list(names: readonly string[]): string {
  const more = names.length - NAMED;
  return names.slice(0, NAMED).join(", ") +
    (more > 0 ? ` and ${more} more` : "");
}

/** The data of a training run, with its open slides. */
export interface PreparedData extends AsyncDisposable {
  /** Samples in folds. */
  readonly data: TrainingData;
  /** The classes of the labels; none if labels have no classes. */
  readonly classes: readonly string[];
  /** Identifies the data. */
  readonly fingerprint: string;
}

/**
 * Opens slides, labels and pseudo-labels, finds the tiles with tissue, and splits them into folds. `warn` is called for
 * whatever is left out.
 *
 * @throws {RangeError} If a fold has nothing to train or validate on.
 * @throws {Error} If a slide or its labels cannot be read.
 */
export async function prepareTrainingData(
  options: TrainRunOptions,
  { signal, warn }: {
    readonly signal: AbortSignal;
    readonly warn: (text: string) => void;
  },
): Promise<PreparedData> {
  const stack = new AsyncDisposableStack();
  const { labels, pseudo, seed, folds, fold, fill } = options;
  const open = async (
    folder: string,
    which: Pick<
      OpenTrainingSlidesOptions,
      "labels" | "except" | "classification" | "preferred"
    >,
  ) => {
    const { slideMpp: mpp, page, sampleRange } = options;
    const opened = stack.use(
      await openTrainingSlides(folder, {
        ...which,
        mpp,
        page,
        sampleRange,
        signal,
      }),
    );
    opened.warnings.forEach(warn);
    return opened;
  };
  try {
    // All files are opened before tiles are read, which takes a while.
    const tiles = options.tiles === undefined
      ? undefined
      : await tileFolderSamples(options.tiles);
    const { slides, classes } = tiles
      ? { slides: [], classes: [] }
      : await open(options.slides!, {
        labels,
        classification: options.classification,
        preferred: options.preferred,
      });
    const names = tiles?.slides ?? slides.map(({ slide }) => slide.name);
    if (names.length >= 2 && folds > names.length) {
      throw cannot(
        `split ${names.length} slides into ${folds} folds`,
        `each fold needs a slide; use --folds ${names.length} or fewer`,
        { kind: RangeError },
      );
    }
    splitFolds(names, { folds, seed }); // throws early
    const { slides: unlabeled } = pseudo.length === 0
      ? { slides: [] }
      : await open(
        options.pseudoSlides!,
        // Labels take precedence over pseudo-labels.
        {
          labels: pseudo,
          except: names,
          preferred: options.classification,
        },
      );
    const fingerprint = await dataFingerprint({
      slides: [...slides, ...unlabeled].map(({ slide }) => slide),
      files: [
        ...options.tiles === undefined
          ? labels
          : ["index.csv", "tiles.json"].map((name) =>
            join(options.tiles!, name)
          ),
        ...pseudo,
      ],
    });
    const { tile: size, downsample, mpp } = options;
    const source = tiles ??
      await slideSamples(slides, { size, downsample, mpp, fill, signal });
    source.warnings.forEach(warn);
    const extra = pseudo.length === 0 ? undefined : await slideSamples(
      unlabeled,
      {
        size: source.size,
        downsample: source.downsample,
        mpp: source.mpp,
        fill,
        signal,
      },
    );
    extra?.warnings.forEach(warn);
    const data = new TrainingData(source, { seed, folds, fold, extra });
    emptySlides([source, ...extra ? [extra] : []]).forEach(warn);
    if (data.train.every(({ positive }) => positive === 0)) {
      throw cannot(
        "train",
        `the masks of all ${data.trainSlides.length} training slides are empty`,
        { kind: RangeError },
      );
    }
    warn(
      `${data.train.length} tiles of ${data.trainSlides.length} slides for training, ${data.validation.length} of ${data.validationSlides.length} for validation (${
        data.validationSlides.join(", ")
      })`,
    );
    return {
      ...{ data, classes, fingerprint },
      [Symbol.asyncDispose]: () => stack.disposeAsync(),
    };
  } catch (error) {
    await stack.disposeAsync();
    throw error;
  }
}

/** A line for each slide whose tiles have no foreground. */
function emptySlides(sources: readonly SampleSource[]): string[] {
  return sources.flatMap(({ slides, samples }) =>
    slides.filter((name) => {
      const own = samples.filter(({ slide }) => slide === name);
      return own.length > 0 && own.every(({ positive }) => positive === 0);
    }).map((name) => `"${name}" has an empty mask`)
  );
}
