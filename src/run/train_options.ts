import type { Normalization } from "../kernels/tile.ts";
import {
  type LabelOptions,
  labelOptions,
  type OpeningOptions,
  openingOptions,
} from "../options/labels.ts";
import {
  type AdapterOptions,
  adapterOptions,
  type DeviceOptions,
  deviceOptions,
  type NetworkOptions,
  networkOptions,
} from "../options/model.ts";
import { number, type OptionsOf, text, toggle } from "../options/option.ts";
import {
  type ReadingOptions,
  readingOptions,
  type TilingOptions,
  trainingTilingOptions,
} from "../options/tiling.ts";
import {
  type FoldOptions,
  foldOptions,
  type LearningOptions,
  learningOptions,
  type TrainingDataOptions,
  trainingDataOptions,
} from "../options/training.ts";

/**
 * Settings of a training run.
 *
 * @category Training
 */
export interface TrainRunOptions
  extends
    TrainingDataOptions,
    LabelOptions,
    FoldOptions,
    NetworkOptions,
    AdapterOptions,
    Pick<DeviceOptions, "memory">,
    LearningOptions,
    TilingOptions,
    OpeningOptions,
    Pick<ReadingOptions, "fill"> {
  /** The folder of the run; created if missing. */
  readonly out: string;
  /** Normalization of pixels from 0 to 1. Default: that of `from`, else of `tiles`, else of HuBMAP's kidney tiles. */
  readonly normalization?: Normalization;
  /** Whether to continue a run with the same options. Default: false. */
  readonly resume: boolean;
  /** Updates between checkpoints within an epoch. Default: 100. */
  readonly saveEvery: number;
  /** The license of the model, as SPDX names it: with it, the run ends with a model's folder. Default: none is written. */
  readonly license?: string;
  /** The name of that model. Default: that of the run's folder. */
  readonly name?: string;
  /** The class to use if labels have several and none is given. Default: that of the weights. */
  readonly preferred?: string;
}

const { memory } = deviceOptions;
const { slides, tiles, ...pseudo } = trainingDataOptions;
const { epochs, batch, accumulate, ...learning } = learningOptions;

/** Settings of a training run, as options; two of them make `normalization`. */
export const trainOptions: OptionsOf<
  Omit<TrainRunOptions, "normalization" | "preferred">
> = {
  slides,
  tiles,
  ...labelOptions,
  out: text({
    value: "RUN",
    default: "",
    help: "folder of the run; created if missing",
    affects: false,
  }),
  ...foldOptions,
  ...networkOptions,
  ...adapterOptions,
  epochs,
  batch,
  accumulate,
  memory: {
    ...memory,
    help: "GPU memory limit for the tensors of a batch; beyond it, some are " +
      "computed twice (default: no limit)",
  },
  ...learning,
  ...trainingTilingOptions,
  ...openingOptions,
  fill: readingOptions.fill,
  ...pseudo,
  resume: toggle({
    help: "continue a run with the same options",
    affects: false,
  }),
  saveEvery: number({
    default: 100,
    least: 1,
    whole: true,
    help: "updates between checkpoints within an epoch",
    affects: false,
  }),
  license: text({
    value: "SPDX",
    help: "license of the model, such as MIT: with it, the run ends with " +
      "RUN/model, a folder to hand on (default: none is written)",
    affects: false,
  }),
  name: text({
    value: "NAME",
    help: "name of that model (default: that of RUN)",
    affects: false,
  }),
};
