import {
  choice,
  custom,
  number,
  type OptionParts,
  type OptionsOf,
} from "./option.ts";
import { UsageError } from "../errors/usage_error.ts";

/** At which scale slides are cut. */
export interface ScaleOptions {
  /** Slide pixels per tile pixel, instead of `mpp`. Default: 2. */
  readonly downsample?: number;
  /** Micrometers per tile pixel. */
  readonly mpp?: number;
}

/** How slides are cut into tiles; lengths are in pixels after downsampling. */
export interface TilingOptions extends ScaleOptions {
  /** Side of what is kept of a tile. Default: 1024. */
  readonly tile: number;
  /** What the model sees around a tile, both sides together. Default: 256. */
  readonly expansion: number;
}

/** What is read of a slide, and what is around it. */
export interface ReadingOptions {
  /** Pyramid level to read from. Default: the coarsest that is fine enough. */
  readonly level?: number;
  /** Color around the slide. Default: white. */
  readonly fill: "white" | "black";
}

const TILE = {
  default: 1024,
  whole: true,
  word: "Tile size",
  unit: "px",
} as const;
const EXPANSION = { word: "Expansion", unit: "px" } as const;
const AROUND = "what the model sees around it, both sides together";

/** At which scale slides are cut, as options. */
export const scaleOptions: OptionsOf<ScaleOptions> = {
  downsample: number({
    least: 1,
    help: "slide pixels per tile pixel, as means of the finest level " +
      "(default: 2)",
    word: "Downsample",
    unit: "numbers",
  }),
  mpp: number({
    above: 0,
    help: "instead: micrometers per tile pixel, resampled from the nearest " +
      "finer level",
    word: "Resolution",
    unit: "µm/px",
  }),
};

/** How slides are cut, as options. */
export const tilingOptions: OptionsOf<TilingOptions> = {
  tile: number({ ...TILE, least: 1, help: "side of what is kept of a tile" }),
  expansion: number({
    ...EXPANSION,
    default: 256,
    least: 0,
    whole: true,
    help: AROUND,
  }),
  ...scaleOptions,
};

/** How slides are cut to train on: networks halve their tiles five times. */
export const trainingTilingOptions: OptionsOf<TilingOptions> = {
  tile: number({
    ...TILE,
    least: 32,
    multipleOf: 32,
    help: "side, a multiple of 32",
  }),
  expansion: number({
    ...EXPANSION,
    default: 256,
    least: 0,
    whole: true,
    multipleOf: 32,
    help: "margin in validation, both sides together",
  }),
  ...scaleOptions,
};

/** Several expansions, to compare. */
export const expansions = custom<readonly number[], readonly number[]>({
  flag: "expansion",
  value: "LIST",
  help: `${AROUND}; several, as 0,256, are compared (default: 256)`,
  default: [256],
  word: "Expansions",
  unit: "px",
  read(list, flag) {
    const values = list.split(",").map((text) => {
      const value = Number(text);
      if (text.trim() && Number.isSafeInteger(value) && value >= 0) {
        return value;
      }
      throw new UsageError(
        `--${flag} needs whole numbers from 0: received "${text}"`,
      );
    });
    return [...new Set(values)];
  },
});

const fill: OptionParts & { readonly choices: readonly ["white", "black"] } = {
  value: "COLOR",
  choices: ["white", "black"],
  help: "white or black around the slide",
  word: "Fill color",
};

/** What is read of a slide, as options. */
export const readingOptions: OptionsOf<ReadingOptions> = {
  level: number({
    least: 0,
    whole: true,
    help: "pyramid level to read from",
    word: "Pyramid level",
  }),
  fill: choice(fill),
};

/** A rule of all commands. */
export function scaleRule(
  { mpp, downsample }: ScaleOptions,
): [holds: boolean, message: string] {
  return [
    mpp === undefined || downsample === undefined,
    "--mpp and --downsample exclude each other",
  ];
}
