import type { SampleSource } from "../train/data/sample_source.ts";
import { slideSamples } from "../train/data/slide_samples.ts";
import { splitFolds } from "../train/data/split_folds.ts";
import { tileFolderSamples } from "../train/data/tile_folder_samples.ts";
import { TrainingData } from "../train/data/training_data.ts";
import { dataFingerprint } from "./data_fingerprint.ts";
import {
  openTrainingSlides,
  type OpenTrainingSlidesOptions,
} from "./open_training_slides.ts";
import type { TrainRunOptions } from "./train_options.ts";

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
