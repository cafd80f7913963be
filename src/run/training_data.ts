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
import { SLIDE_EXTENSIONS } from "./list_slides.ts";
import { missingClass } from "./missing_class.ts";
import { refuseNamesakes } from "./output_folder.ts";
import type { TrainRunOptions } from "./train_options.ts";

/** Slides with their labels, open until disposed of. */
export interface TrainingSlides extends AsyncDisposable {
  /** Those that have labels, by name. */
  readonly slides: readonly TrainingSlide[];
  /** The classes of their labels, where these have such. */
  readonly classes: readonly string[];
  /** What was left out and why, one line each. */
  readonly warnings: readonly string[];
}

/** How {@linkcode openTrainingSlides} opens. */
export interface OpenTrainingSlidesOptions {
  /** Files or folders of labels. */
  readonly labels: readonly string[];
  /** Only GeoJSON annotations of this class. Default: the one class that there is. */
  readonly classification?: string;
  /** The class of predicted annotations, where they are of several. */
  readonly preferred?: string;
  /** Names of slides to leave out. */
  readonly except?: readonly string[];
  /** Micrometers per slide pixel, where slides do not say it or are wrong. */
  readonly mpp?: number;
  /** The page that is the slide, of files that hold several. */
  readonly page?: number;
  /** The values of a sample that are black and white. */
  readonly sampleRange?: readonly [min: number, max: number];
  /** Ends the opening early, with the signal's reason. */
  readonly signal?: AbortSignal;
}

/** Masks and other results lie beside slides at times. */
const SLIDE = new RegExp(
  `(?<!\\.(mask|overlay|probability))\\.(${SLIDE_EXTENSIONS.join("|")})$`,
  "i",
);

/** Decoded blocks to keep a slide: many are open, and tiles come in random order. */
const CACHE_BYTES = 32 << 20;

/** Warnings name no more slides than these. */
const NAMED = 5;

/**
 * Opens the slides of a folder that have labels.
 *
 * @throws {RangeError} where no slide has labels, or none of the class.
 * @throws {Error} where a slide or its labels cannot be read; the message names it.
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
    const unlabelled: string[] = [];
    const found = new Set<string>();
    for (const file of files) {
      let slide: Slide;
      try {
        slide = stack.use(
          await openSlide(file, { ...opening, cacheBytes: CACHE_BYTES }),
        );
      } catch (error) {
        signal?.throwIfAborted();
        const name = file.split("/").at(-1)!.replace(/\.[^.]*$/, "");
        // What has no labels is not trained on, whatever it is.
        if (labels.ids.includes(name)) throw error;
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
      } else unlabelled.push(slide.name);
    }
    if (opened.length === 0) {
      throw new RangeError(
        `Cannot train as a slide of "${folder}" must have labels: received ${
          files.length === 0
            ? "no slide there"
            : `${files.length} slides, none in ${paths.join(", ")}`
        }`,
      );
    }
    missingClass(labels, classification);
    const missing = labels.ids.filter((id) => !found.has(id));
    if (missing.length > 0) {
      warnings.push(`labels without a slide in "${folder}": ${list(missing)}`);
    }
    if (unlabelled.length > 0) {
      warnings.push(`slides without labels, left out: ${list(unlabelled)}`);
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
      if (!isDirectory && SLIDE.test(name)) files.push(`${folder}/${name}`);
    }
  } catch (cause) {
    throw new Error(
      `Cannot train as the folder of slides must be readable: received "${folder}" (${
        (cause as Error).message
      })`,
      { cause },
    );
  }
  return files.sort(); // a folder's order is not the same everywhere
}

function list(names: readonly string[]): string {
  const more = names.length - NAMED;
  return names.slice(0, NAMED).join(", ") +
    (more > 0 ? ` and ${more} more` : "");
}

/** What a run trains and validates on, with the slides behind it. */
export interface PreparedData extends AsyncDisposable {
  /** Samples, split into folds. */
  readonly data: TrainingData;
  /** The classes of the slides' labels, where these have such. */
  readonly classes: readonly string[];
  /** Tells whether two runs had the same data. */
  readonly fingerprint: string;
}

/**
 * Opens slides and labels, pseudo-labels too, finds the tiles with tissue, and splits them into folds. What is left out is
 * told to `warn`, a line each.
 *
 * @throws {RangeError} where a fold would have nothing to train or validate on.
 * @throws {Error} where a slide or its labels cannot be read.
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
    // All files are opened before the first is read through, which takes a while.
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
      throw new RangeError(
        `Cannot split ${names.length} slides into ${folds} folds, as each needs a slide: --folds ${names.length} is the most`,
      );
    }
    splitFolds(names, { folds, seed }); // or throws
    const { slides: unlabelled } = pseudo.length === 0
      ? { slides: [] }
      : await open(
        options.pseudoSlides!,
        // Whoever labelled a slide knows better than a network.
        {
          labels: pseudo,
          except: names,
          preferred: options.classification,
        },
      );
    const fingerprint = await dataFingerprint({
      slides: [...slides, ...unlabelled].map(({ slide }) => slide),
      files: [
        ...options.tiles === undefined
          ? labels
          : ["index.csv", "tiles.json"].map((of) => `${options.tiles}/${of}`),
        ...pseudo,
      ],
    });
    const { tile: size, downsample, mpp } = options;
    const source = tiles ??
      await slideSamples(slides, { size, downsample, mpp, fill, signal });
    source.warnings.forEach(warn);
    const extra = pseudo.length === 0 ? undefined : await slideSamples(
      unlabelled,
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
      throw new RangeError(
        `Cannot train as the masks of the training slides must have something in them: received ${data.trainSlides.length} slides with empty ones`,
      );
    }
    warn(
      `${data.train.length} tiles of ${data.trainSlides.length} slides to train on, ${data.validation.length} of ${data.validationSlides.length} to validate on (${
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

/** A line for each slide that has tiles but nothing labelled on them. */
function emptySlides(sources: readonly SampleSource[]): string[] {
  return sources.flatMap(({ slides, samples }) =>
    slides.filter((name) => {
      const own = samples.filter(({ slide }) => slide === name);
      return own.length > 0 && own.every(({ positive }) => positive === 0);
    }).map((name) => `"${name}" has an empty mask: all of it is background`)
  );
}
