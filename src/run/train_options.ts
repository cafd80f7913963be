import type { Normalization } from "../kernels/tile.ts";
import {
  type LabelOptions,
  labelOptions,
  type OpeningOptions,
  openingOptions,
} from "../options/labels.ts";
import {
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

/** What a network is trained on, and how. */
export interface TrainRunOptions
  extends
    TrainingDataOptions,
    LabelOptions,
    FoldOptions,
    NetworkOptions,
    DeviceOptions,
    LearningOptions,
    TilingOptions,
    OpeningOptions,
    Pick<ReadingOptions, "fill"> {
  /** The folder of the run; made if missing. */
  readonly out: string;
  /** How pixels of 0 to 1 are scaled. Default: as `from` was trained, else as `tiles` measured, else of HuBMAP's kidney tiles. */
  readonly normalization?: Normalization;
  /** Whether to go on where a run with the same options stopped. Default: false. */
  readonly resume: boolean;
  /** Updates between checkpoints within an epoch. Default: 100. */
  readonly saveEvery: number;
  /** The class to take where labels are of several and none is asked for. Default: that of the weights. */
  readonly preferred?: string;
}

const { device, memory } = deviceOptions;
const { slides, tiles, ...pseudo } = trainingDataOptions;
const { epochs, batch, accumulate, ...learning } = learningOptions;

/** What a network is trained on, as options; `normalization` is of two. */
export const trainOptions: OptionsOf<
  Omit<TrainRunOptions, "normalization" | "preferred">
> = {
  slides,
  tiles,
  ...labelOptions,
  out: text({
    value: "RUN",
    default: "",
    help: "where the run goes; made if missing",
    affects: false,
  }),
  ...foldOptions,
  ...networkOptions,
  device,
  epochs,
  batch,
  accumulate,
  memory: {
    ...memory,
    help: "what a batch's tensors may take on the GPU; beyond it, some are " +
      "computed twice (default: no limit)",
  },
  ...learning,
  ...trainingTilingOptions,
  ...openingOptions,
  fill: readingOptions.fill,
  ...pseudo,
  resume: toggle({
    help: "go on where a run with the same options stopped",
    affects: false,
  }),
  saveEvery: number({
    default: 100,
    least: 1,
    whole: true,
    help: "updates between checkpoints within an epoch",
    affects: false,
  }),
};
