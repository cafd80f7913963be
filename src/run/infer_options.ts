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
import { UsageError } from "../errors/usage_error.ts";
import {
  type ReadingOptions,
  readingOptions,
  type TilingOptions,
  tilingOptions,
} from "../options/tiling.ts";
import { planTiles } from "../tiles/plan_tiles.ts";
import type { Sample } from "../train/data/sample.ts";
import { type Format, FORMATS, USUAL_FORMATS } from "./result_formats.ts";

/** What the sum of tile and expansion is a multiple of. */
const STEP = 32;

/**
 * Checks the options that say how slides are cut, before any slide is opened.
 *
 * @param name The option that the expansion comes from.
 * @throws {UsageError} If no slide could be cut so; it names the sizes next to one that does not fit.
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
  // Before weights are loaded: they are a UNeXt's, which halves its tiles five times.
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

/** Says which sizes would fit; nothing where the sum is not what is wrong. */
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
  // The odd one of the two is mended, the other kept.
  const mendsTile = isEven && tile % STEP !== 0;
  const next = mendsTile
    ? nearest(tile, { step: STEP, least: 1, offset: expansion })
    : nearest(expansion, { step: STEP, least: 0, offset: tile });
  return `--tile plus --${name} is a multiple of ${STEP}: received ${tile} + ${expansion}; for --${
    mendsTile ? "tile" : name
  }, ${next}`;
}

/** The places of some samples to show: spread evenly over those with something on them. */
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

/** How slides are segmented, and which results are written. */
export interface InferOptions
  extends
    ModelOptions,
    PredictionOptions,
    TilingOptions,
    OpeningOptions,
    ReadingOptions,
    ObjectOptions,
    OutputOptions {
  /** Whether to measure first which kernels are fastest on this machine. Default: false. */
  readonly tune: boolean;
  /** Seconds that a slide's server may be silent. Default: 10. */
  readonly timeout?: number;
  /** The kinds of results. Default: all but `probability`. */
  readonly formats: ReadonlySet<Format>;
  /** Whether to measure how long each stage and each kernel takes; the run takes longer. Default: false. */
  readonly profile: boolean;
}

const { weights, ...model } = modelOptions;
const { out, ...output } = outputOptions;

/** How slides are segmented, as options. */
export const inferOptions: OptionsOf<InferOptions> = {
  weights,
  out,
  ...model,
  tune: toggle({
    help: "first measure which kernels are fastest here, and keep the answer " +
      "for all runs to come: seconds on a GPU, minutes on a software adapter",
    affects: false,
  }),
  ...predictionOptions,
  ...tilingOptions,
  ...openingOptions,
  level: readingOptions.level,
  timeout: number({
    above: 0,
    help: "seconds that a slide's server may be silent (default: 10)",
    affects: false,
  }),
  fill: readingOptions.fill,
  formats: custom<ReadonlySet<Format>, ReadonlySet<Format>>({
    flag: "format",
    value: "LIST",
    default: USUAL_FORMATS,
    help: `which results (default: all but the last)
  rle          NAME.rle.csv
  tiff         NAME.mask.tif
  png          NAME.mask.png and NAME.overlay.png
  geojson      NAME.geojson
  objects      NAME.objects.csv; objects.csv over several
  json         NAME.json
  html         NAME.html; index.html over several
  probability  NAME.probability.tif`,
    read(list, flag) {
      const names = list.split(",").map((name) => name.trim());
      const unknown = names.find((name) => !FORMATS.includes(name as Format));
      if (unknown === undefined) return new Set(names as Format[]);
      throw new UsageError(
        `--${flag} lists ${FORMATS.join(", ")}: received "${unknown}"`,
      );
    },
  }),
  ...objectOptions,
  ...output,
  profile: toggle({
    help: "print how long each stage and each kernel took; the run takes " +
      "longer",
  }),
};
