import { number, type OptionsOf, text, texts, toggle } from "./option.ts";

/** What a training run learns from. */
export interface TrainingDataOptions {
  /** A folder of slides. */
  readonly slides?: string;
  /** Tiles and masks that were cut before, in place of slides and labels. */
  readonly tiles?: string;
  /** Predicted labels. */
  readonly pseudo: readonly string[];
  /** The slides of `pseudo`. Default: `slides`. */
  readonly pseudoSlides?: string;
}

/** How slides are split. */
export interface FoldOptions {
  /** How many folds. Default: 5. */
  readonly folds: number;
  /** Which one is kept for validation, from 0. Default: 0. */
  readonly fold: number;
  /** Decides folds, order, augmentations and first weights. Default: 1. */
  readonly seed: number;
}

/** How a network learns. */
export interface LearningOptions {
  /** Passes over the tiles. Default: 50. */
  readonly epochs: number;
  /** Tiles per update. Default: 16. */
  readonly batch: number;
  /** Parts that a batch is run in, to save memory. Default: 1. */
  readonly accumulate: number;
  /** The highest learning rate. Default: 0.0001. */
  readonly lr: number;
  /** Whether tiles are augmented. Default: true. */
  readonly augment: boolean;
}

/** What a training run learns from, as options. */
export const trainingDataOptions: OptionsOf<TrainingDataOptions> = {
  slides: text({
    value: "DIR",
    help: "slides: TIFF, BigTIFF, OME-TIFF or Aperio SVS",
    affects: "path",
    word: "Slides",
  }),
  tiles: text({
    value: "DIR",
    help: "tiles and masks that the command tile made, in place of slides " +
      "and labels",
    affects: "path",
    word: "Tile folder",
  }),
  pseudo: texts({
    value: "FILE",
    help: "labels that infer predicted, or its output folder; may be repeated",
    affects: "path",
    word: "Pseudo-labels",
  }),
  pseudoSlides: text({
    value: "DIR",
    help: "their slides (default: --slides)",
    affects: "path",
    word: "Pseudo-label slides",
  }),
};

/** How slides are split, as options. */
export const foldOptions: OptionsOf<FoldOptions> = {
  folds: number({
    default: 5,
    least: 2,
    whole: true,
    help: "how many",
    word: "Folds",
  }),
  fold: number({
    default: 0,
    least: 0,
    whole: true,
    help: "which one is kept for validation, from 0",
    word: "Validation fold",
  }),
  seed: number({
    default: 1,
    least: 0,
    whole: true,
    help: "decides folds, order, augmentations and first weights",
    word: "Random seed",
  }),
};

/** How a network learns, as options. */
export const learningOptions: OptionsOf<LearningOptions> = {
  epochs: number({
    default: 50,
    least: 1,
    whole: true,
    help: "passes over the tiles",
    word: "Epochs",
  }),
  batch: number({
    default: 16,
    least: 1,
    whole: true,
    help: "tiles an update",
    word: "Batch size",
  }),
  accumulate: number({
    default: 1,
    least: 1,
    whole: true,
    help: "parts a batch is run in, to save memory",
    word: "Gradient accumulation steps",
  }),
  lr: number({
    value: "RATE",
    default: 1e-4,
    above: 0,
    help: "highest learning rate",
    word: "Maximum learning rate",
  }),
  augment: toggle({
    negated: true,
    help: "train on the tiles as they are",
    word: "Augmentation",
    unit: "switch",
  }),
};
