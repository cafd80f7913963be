import { labelOptions, openingOptions } from "./labels.ts";
import { modelOptions, networkOptions, predictionOptions } from "./model.ts";
import type { Option } from "./option.ts";
import { regionOptions, tissueOptions } from "./region.ts";
import { objectOptions, seamOptions } from "./output.ts";
import { expansions, readingOptions, tilingOptions } from "./tiling.ts";
import {
  foldOptions,
  learningOptions,
  trainingDataOptions,
} from "./training.ts";

/** The label of a setting on pages. */
export type PageWord = Pick<Option<unknown>, "word" | "unit">;

const { slides, tiles, ...pseudo } = trainingDataOptions;
const { weights, arch, ...computing } = modelOptions;
const { labels, classification, ignoredClasses, unlabeled } = labelOptions;
const { encoder, from } = networkOptions;
const { tile, expansion, ...scale } = tilingOptions;
const { minArea, simplify, objectType, classes } = objectOptions;

/** Labels of options and of settings that follow from them, in the order of the page. */
export const pageWords: Readonly<Record<string, PageWord>> = {
  ...{ slides, tiles, labels },
  predicted: { word: "Predictions" },
  ...pseudo,
  class: classification,
  ...{ classification, ignoredClasses, unlabeled, objectType },
  classes,
  preferred: { word: "Preferred class" },
  trainedOn: { word: "Training data" },
  ...foldOptions,
  ...{ weights, arch, encoder, from },
  ...computing,
  ...learningOptions,
  mean: { word: "Mean (RGB)", unit: "numbers" },
  std: { word: "Standard deviation (RGB)", unit: "numbers" },
  size: tile,
  ...{ tile, expansion, expansions },
  ...scale,
  ...regionOptions,
  withinSha256: { word: "Within, SHA-256" },
  excludeSha256: { word: "Excluded, SHA-256" },
  ...tissueOptions,
  tissueSha256: { word: "Tissue mask, SHA-256" },
  ...openingOptions,
  ...readingOptions,
  ...predictionOptions,
  ...{ minArea, simplify },
  ...seamOptions,
  adapter: { word: "Adapter" },
};
