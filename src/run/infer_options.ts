import { cannot, UsageError } from "../errors/cannot.ts";
import { checkClasses, severalOf } from "../io/classes.ts";
import { type OpeningOptions, openingOptions } from "../options/labels.ts";
import {
  type ModelOptions,
  modelOptions,
  type PredictionOptions,
  predictionOptions,
} from "../options/model.ts";
import {
  custom,
  nearest,
  number,
  type OptionsOf,
  toggle,
} from "../options/option.ts";
import {
  type ObjectOptions,
  objectOptions,
  type OutputOptions,
  outputOptions,
} from "../options/output.ts";
import {
  type RegionOptions,
  regionOptions,
  type TissueOptions,
  tissueOptions,
} from "../options/region.ts";
import {
  type ReadingOptions,
  readingOptions,
  type TilingOptions,
  tilingOptions,
} from "../options/tiling.ts";
import { planTiles } from "../tiles/plan_tiles.ts";
import type { Sample } from "../train/data/sample.ts";
import type { RunSettings } from "./contradictions.ts";
import { type Format, FORMATS, USUAL_FORMATS } from "./result_formats.ts";

/** The sum of tile and expansion is a multiple of it. */
const STEP = 32;

/**
 * Checks the settings for tiles, before any slide is opened.
 *
 * @param name The option with the expansion.
 * @throws {UsageError} If no slide could be cut into these tiles; the message names the nearest sizes that fit.
 */
export function checkTiling(
  { tile, expansion, downsample, mpp }: {
    readonly tile: number;
    readonly expansion: number;
    readonly downsample?: number;
    readonly mpp?: number;
  },
  name: "expansion" | "reference" = "expansion",
): void {
  const scale = { x: mpp ?? 1, y: mpp ?? 1 };
  // Before weights are loaded: a UNeXt halves its tiles five times.
  const message = mend({ tile, expansion, name });
  if (message) throw new UsageError(message);
  try {
    planTiles({ width: 1, height: 1, mpp: scale }, {
      size: tile,
      expansion,
      ...(mpp === undefined ? { downsample } : { mpp }),
    });
  } catch (cause) {
    throw new UsageError((cause as Error).message, { cause });
  }
}

/** Names the nearest sizes that fit; `undefined` if the sum is not the problem. */
function mend(
  { tile, expansion, name }: {
    readonly tile: number;
    readonly expansion: number;
    readonly name: string;
  },
): string | undefined {
  const isEven = expansion % 2 === 0;
  if (isEven ? (tile + expansion) % STEP === 0 : tile % 2 !== 0) {
    return undefined;
  }
  // One of the two is adjusted, the other kept.
  const mendsTile = isEven && tile % STEP !== 0;
  const next = mendsTile
    ? nearest(tile, { step: STEP, least: 1, offset: expansion })
    : nearest(expansion, { step: STEP, least: 0, offset: tile });
  return `--tile plus --${name} must be a multiple of ${STEP}, received ${tile} + ${expansion}; for --${
    mendsTile ? "tile" : name
  }, ${next}`;
}

/** Indices of samples to show, spread evenly over those with foreground. */
export function spreadOver(
  samples: readonly Sample[],
  most: number,
): Set<number> {
  const places = samples.map((_, i) => i);
  const positive = places.filter((i) => samples[i].positive > 0);
  const from = positive.length > 0 ? positive : places;
  const count = Math.min(most, from.length);
  return new Set(
    Array.from(
      { length: count },
      (_, i) => from[Math.floor(i * from.length / count)],
    ),
  );
}

/**
 * Settings of a segmentation.
 *
 * @category Segmentation
 */
export interface InferOptions
  extends
    ModelOptions,
    PredictionOptions,
    TilingOptions,
    OpeningOptions,
    ReadingOptions,
    RegionOptions,
    TissueOptions,
    ObjectOptions,
    OutputOptions {
  /**
   * Whether to use the kernels that are fastest on this machine, and to measure first what was not measured yet. Earlier
   * measurements are used in any case if the environment may be read. Default: on GPUs, not on software adapters.
   */
  readonly tune?: boolean;
  /** Seconds that a server may be silent. Default: 10. */
  readonly timeout?: number;
  /** Decoding threads. Default: one per core. */
  readonly threads?: number;
  /** The part of the slides to process, of equal parts, from 1: `[2, 4]`. Default: all slides. */
  readonly shard?: readonly [part: number, parts: number];
  /** The formats of results. Default: all but `probability`. */
  readonly formats: ReadonlySet<Format>;
  /** Whether to measure the time of each stage and kernel, which slows down the run. Default: false. */
  readonly profile: boolean;
}

/**
 * Settings whose classes are checked; one class has its name in `className`.
 *
 * @param given Names of the options that were given.
 * @throws {RangeError} If classes are invalid, or a class was given for a network of several.
 */
export function withClassNames(
  options: InferOptions,
  given: ReadonlySet<string>,
): InferOptions {
  const { classes } = options;
  if (!classes) return options;
  checkClasses("name classes", classes);
  if (given.has("class")) {
    throw cannot(
      "name classes",
      classes.length > 1
        ? `the network has several (${
          classes.map(({ name }) => name).join(", ")
        }); use --class-name for each, not --class`
        : "--class and --class-name cannot be combined",
      { kind: RangeError },
    );
  }
  return classes.length > 1
    ? options
    : { ...options, className: classes[0].name };
}

/** Settings as they are compared with those of checkpoints. */
export function settingsOf(options: InferOptions): RunSettings {
  return {
    ...options,
    expansions: [options.expansion],
    classification: severalOf(options.classes) ? undefined : options.className,
  };
}

const { weights, model, cache, ...computing } = modelOptions;
const { out, ...output } = outputOptions;

/** Settings of a segmentation, as options. */
export const inferOptions: OptionsOf<InferOptions> = {
  weights,
  model,
  cache,
  out,
  ...computing,
  tune: {
    negated: true,
    help: "do not measure which kernels are fastest: on a GPU, that takes " +
      "seconds at the first run of a model; with --tune, it is done on a " +
      "software adapter too, in minutes, and kept in the user's cache folder",
    affects: false,
    read: (off, _flag, on) => on ? true : off && false,
  },
  ...predictionOptions,
  ...tilingOptions,
  ...regionOptions,
  ...tissueOptions,
  ...openingOptions,
  level: readingOptions.level,
  timeout: number({
    above: 0,
    help: "seconds that a server may be silent (default: 10)",
    affects: false,
  }),
  fill: readingOptions.fill,
  threads: number({
    least: 0,
    whole: true,
    help: "threads that decode slides (default: $SLURM_CPUS_PER_TASK, else " +
      "one per core that this process may use)",
    affects: false,
  }),
  formats: custom<ReadonlySet<Format>, ReadonlySet<Format>>({
    flag: "format",
    value: "LIST",
    default: USUAL_FORMATS,
    help: `formats of results (default: all but the last two)
  rle          NAME.rle.csv
  tiff         NAME.mask.tif
  png          NAME.mask.png and NAME.overlay.png
  geojson      NAME.geojson
  objects      NAME.objects.csv; objects.csv for all slides
  json         NAME.json
  html         NAME.html; index.html for all slides
  tissue       NAME.tissue.geojson, the tiles with tissue, for --tissue
  probability  NAME.probability.tif`,
    read(list, flag) {
      const names = list.split(",").map((name) => name.trim());
      const unknown = names.find((name) => !FORMATS.includes(name as Format));
      if (unknown === undefined) return new Set(names as Format[]);
      throw new UsageError(
        `--${flag} must be a list of ${
          FORMATS.join(", ")
        }, received "${unknown}"`,
      );
    },
  }),
  ...objectOptions,
  ...output,
  shard: custom({
    value: "K/N",
    help: "process only every Nth slide from the Kth, as one of N machines " +
      "that share a batch (default: all slides)",
    affects: false,
    read(text, flag): readonly [number, number] {
      const [, part, parts] = /^(\d+)\/(\d+)$/.exec(text)?.map(Number) ?? [];
      if (part >= 1 && part <= parts) return [part, parts];
      throw new UsageError(
        `--${flag} must be a part of the slides, like 1/4 to 4/4, received "${text}"`,
      );
    },
  }),
  profile: toggle({
    help: "print the time of each stage and kernel; slows down the run",
  }),
};
