import type { SampleSource } from "../train/data/sample_source.ts";
import {
  slideSamples,
  type SlideSamplesOptions,
} from "../train/data/slide_samples.ts";
import { tileFolderSamples } from "../train/data/tile_folder_samples.ts";
import { TrainingData } from "../train/data/training_data.ts";
import {
  openTrainingSlides,
  type TrainingSlides,
} from "./open_training_slides.ts";
import type { TrainCommandOptions } from "./train_options.ts";

/** What a run trains and validates on, with the slides behind it. */
export interface PreparedData extends AsyncDisposable {
  /** Samples, split into folds. */
  readonly data: TrainingData;
}

/**
 * Opens slides and labels, pseudo-labels too, finds the tiles with tissue, and splits them into folds. What is left out is
 * told to `warn`, a line each.
 *
 * @throws {RangeError} where a fold would have nothing to train or validate on.
 * @throws {Error} where a slide or its labels cannot be read.
 */
export async function prepareTrainingData(
  options: TrainCommandOptions,
  { signal, warn }: {
    readonly signal: AbortSignal;
    readonly warn: (text: string) => void;
  },
): Promise<PreparedData> {
  const stack = new AsyncDisposableStack();
  const { labels, pseudo, pseudoSlides, seed, folds, fold, quiet } = options;
  const { slideMpp } = options;
  const tell = quiet ? () => {} : warn;
  const samplesOf = async (
    opened: TrainingSlides,
    { size, downsample, mpp }: SlideSamplesOptions,
  ): Promise<SampleSource> => {
    stack.use(opened);
    opened.warnings.forEach(tell);
    const { fill } = options;
    return await slideSamples(opened.slides, {
      size,
      downsample,
      mpp,
      fill,
      signal,
    });
  };
  try {
    const source = options.slides === undefined
      ? await tileFolderSamples(options.tiles!)
      : await samplesOf(
        await openTrainingSlides(options.slides, {
          labels,
          mpp: slideMpp,
          signal,
        }),
        { ...options, size: options.tile },
      );
    source.warnings.forEach(tell);
    const extra = pseudo.length === 0 ? undefined : await samplesOf(
      // Whoever labelled a slide knows better than a network.
      await openTrainingSlides(pseudoSlides!, {
        labels: pseudo,
        except: source.slides,
        mpp: slideMpp,
        signal,
      }),
      source,
    );
    extra?.warnings.forEach(tell);
    const data = new TrainingData(source, { seed, folds, fold, extra });
    emptySlides([source, ...extra ? [extra] : []]).forEach(tell);
    if (data.train.every(({ positive }) => positive === 0)) {
      throw new RangeError(
        `Cannot train as the masks of the training slides must have something in them: received ${data.trainSlides.length} slides with empty ones`,
      );
    }
    tell(
      `${data.train.length} tiles of ${data.trainSlides.length} slides to train on, ${data.validation.length} of ${data.validationSlides.length} to validate on (${
        data.validationSlides.join(", ")
      })`,
    );
    return { data, [Symbol.asyncDispose]: () => stack.disposeAsync() };
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
