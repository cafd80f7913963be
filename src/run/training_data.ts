import { join } from "node:path";
import { cannot } from "../errors/cannot.ts";
import type { Sample, SampleSource } from "../train/data/sample.ts";
import { slideSamples } from "../train/data/slide_samples.ts";
import { splitFolds } from "../train/data/split_folds.ts";
import { tileFolderSamples } from "../train/data/tile_folder_samples.ts";
import { TrainingData } from "../train/data/training_data.ts";
import { withColors } from "./evaluated_classes.ts";
import { dataFingerprint } from "./fingerprint.ts";
import type { TrainRunOptions } from "./train_options.ts";
import {
  openTrainingSlides,
  type OpenTrainingSlidesOptions,
} from "./training_slides.ts";

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
      | "labels"
      | "except"
      | "classification"
      | "ignoredClasses"
      | "preferred"
      | "unlabeled"
      | "corrections"
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
    const { slides, classes, colors } = tiles
      ? { slides: [], classes: [], colors: new Map<string, string>() }
      : await open(options.slides!, {
        labels,
        classification: options.classification,
        ignoredClasses: options.ignoredClasses,
        preferred: options.preferred,
        unlabeled: options.unlabeled,
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
          corrections: false,
          except: names,
          ...typeof options.classification === "object"
            ? {
              classification: options.classification,
              ignoredClasses: options.ignoredClasses,
            }
            : { preferred: options.classification },
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
    const { tile: size, downsample, mpp, classification } = options;
    const several = typeof classification === "object"
      ? withColors(classification, { labels: { colors } })
      : undefined;
    const source = tiles ?? await slideSamples(slides, {
      ...{ size, downsample, mpp, fill, signal },
      classes: several,
    });
    source.warnings.forEach(warn);
    const extra = pseudo.length === 0 ? undefined : await slideSamples(
      unlabeled,
      {
        size: source.size,
        downsample: source.downsample,
        mpp: source.mpp,
        classes: source.classes,
        fill,
        signal,
      },
    );
    extra?.warnings.forEach(warn);
    const data = new TrainingData(source, { seed, folds, fold, extra });
    emptySlides([source, ...extra ? [extra] : []]).forEach(warn);
    absentClasses(data).forEach(warn);
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

/** A line for each of several classes that no tile for training or for validation has. */
function absentClasses(
  { classes = [], train, validation }: TrainingData,
): string[] {
  const isAbsent = (samples: readonly Sample[], k: number) =>
    samples.every(({ counts }) => counts?.[k] === 0);
  return classes.flatMap(({ name }, k) => [
    ...isAbsent(train, k)
      ? [`no tile for training has class "${name}", which is not learned`]
      : [],
    ...isAbsent(validation, k)
      ? [
        `no tile for validation has class "${name}", which is not part of the mean Dice`,
      ]
      : [],
  ]);
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
