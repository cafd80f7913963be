import { UsageError } from "../errors/cannot.ts";
import type { Activation } from "../io/classes.ts";
import { number, type OptionsOf, text, texts, toggle } from "./option.ts";

/**
 * The data of a training run.
 *
 * @category Settings
 */
export interface TrainingDataOptions {
  /** A folder of slides. */
  readonly slides?: string;
  /** A folder of tiles and masks, in place of slides and labels. */
  readonly tiles?: string;
  /** Pseudo-labels. */
  readonly pseudo: readonly string[];
  /** The slides of the pseudo-labels. Default: `slides`. */
  readonly pseudoSlides?: string;
}

/**
 * Settings for folds.
 *
 * @category Settings
 */
export interface FoldOptions {
  /** Number of folds. Default: 5. */
  readonly folds: number;
  /** The validation fold, from 0. Default: 0. */
  readonly fold: number;
  /** Random seed of folds, order, augmentations and initial weights. Default: 1. */
  readonly seed: number;
}

/**
 * Settings for learning.
 *
 * @category Settings
 */
export interface LearningOptions {
  /** Number of epochs. Default: 50. */
  readonly epochs: number;
  /** Batch size. Default: 16. */
  readonly batch: number;
  /** Gradient accumulation steps: parts of a batch, to save memory. Default: 1. */
  readonly accumulate: number;
  /** Maximum learning rate. Default: 0.0001. */
  readonly lr: number;
  /** Whether tiles are augmented. Default: true. */
  readonly augment: boolean;
  /**
   * What makes probabilities of the network's outputs: `sigmoid`, one output a class, each apart from the others; or `softmax`,
   * with one more for background. Default: sigmoid.
   */
  readonly activation?: Activation;
}

/** The data of a training run, as options. */
export const trainingDataOptions: OptionsOf<TrainingDataOptions> = {
  slides: text({
    value: "DIR",
    help: "folder of slides",
    affects: "path",
    word: "Slides",
  }),
  tiles: text({
    value: "DIR",
    help: "tiles and masks from the command tile, in place of slides and " +
      "labels",
    affects: "path",
    word: "Tile folder",
  }),
  pseudo: texts({
    value: "FILE",
    help: "labels predicted by infer, or its output folder; may be repeated",
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

/** Settings for folds, as options. */
export const foldOptions: OptionsOf<FoldOptions> = {
  folds: number({
    default: 5,
    least: 2,
    whole: true,
    help: "number of folds",
    word: "Folds",
  }),
  fold: number({
    default: 0,
    least: 0,
    whole: true,
    help: "validation fold, from 0",
    word: "Validation fold",
  }),
  seed: number({
    default: 1,
    least: 0,
    whole: true,
    help: "random seed of folds, order, augmentations and initial weights",
    word: "Random seed",
  }),
};

/** Settings for learning, as options. */
export const learningOptions: OptionsOf<LearningOptions> = {
  epochs: number({
    default: 50,
    least: 1,
    whole: true,
    help: "number of epochs",
    word: "Epochs",
  }),
  batch: number({
    default: 16,
    least: 1,
    whole: true,
    help: "batch size in tiles",
    word: "Batch size",
  }),
  accumulate: number({
    default: 1,
    least: 1,
    whole: true,
    help: "gradient accumulation steps per batch, to save memory",
    word: "Gradient accumulation steps",
  }),
  lr: number({
    value: "RATE",
    default: 1e-4,
    above: 0,
    help: "maximum learning rate",
    word: "Maximum learning rate",
  }),
  augment: toggle({
    negated: true,
    help: "train without augmentation",
    word: "Augmentation",
    unit: "switch",
  }),
  activation: {
    value: "KIND",
    help: "sigmoid (binary cross-entropy of each class, apart from the " +
      "others) or softmax (cross-entropy and Dice; classes and background " +
      "exclude each other) (default: sigmoid)",
    affects: "if given",
    word: "Activation",
    read(given, flag) {
      const value = given?.[0];
      if (value === undefined || value === "sigmoid" || value === "softmax") {
        return value;
      }
      throw new UsageError(
        `--${flag} must be sigmoid or softmax, received "${value}"`,
      );
    },
  },
};
