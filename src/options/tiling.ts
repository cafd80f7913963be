import { UsageError } from "../errors/cannot.ts";
import {
  choice,
  custom,
  number,
  type OptionParts,
  type OptionsOf,
} from "./option.ts";

/**
 * The scale of tiles.
 *
 * @category Settings
 */
export interface ScaleOptions {
  /** Slide pixels per tile pixel. Default: 2. */
  readonly downsample?: number;
  /** Micrometers per tile pixel, instead of `downsample`. */
  readonly mpp?: number;
}

/**
 * Settings for tiles; lengths are in pixels after downsampling.
 *
 * @category Settings
 */
export interface TilingOptions extends ScaleOptions {
  /** Tile size: the side of the part that is kept. Default: 1024. */
  readonly tile: number;
  /** Margin around a tile that the model sees, both sides together. Default: 256. */
  readonly expansion: number;
}

/**
 * Settings for reading slides.
 *
 * @category Settings
 */
export interface ReadingOptions {
  /** Pyramid level. Default: the coarsest that is fine enough. */
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
const AROUND = "margin around a tile that the model sees, both sides together";

/** The scale of tiles, as options. */
export const scaleOptions: OptionsOf<ScaleOptions> = {
  downsample: number({
    least: 1,
    help: "slide pixels per tile pixel, averaged from the finest level " +
      "(default: 2)",
    word: "Downsample",
    unit: "numbers",
  }),
  mpp: number({
    above: 0,
    help: "instead of --downsample: micrometers per tile pixel, resampled " +
      "from the nearest finer level",
    word: "Resolution",
    unit: "µm/px",
  }),
};

/** Settings for tiles, as options. */
export const tilingOptions: OptionsOf<TilingOptions> = {
  tile: number({
    ...TILE,
    least: 1,
    help: "side of the part of a tile that is kept",
  }),
  expansion: number({
    ...EXPANSION,
    default: 256,
    least: 0,
    whole: true,
    help: AROUND,
  }),
  ...scaleOptions,
};

/** Settings for tiles in training: networks halve their tiles five times. */
export const trainingTilingOptions: OptionsOf<TilingOptions> = {
  tile: number({
    ...TILE,
    least: 32,
    multipleOf: 32,
    help: "tile size, a multiple of 32",
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

/** Expansions to compare. */
export const expansions = custom<readonly number[], readonly number[]>({
  flag: "expansion",
  value: "LIST",
  help: `${AROUND}; several, like 0,256, are compared (default: 256)`,
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
        `--${flag} must be whole numbers from 0, received "${text}"`,
      );
    });
    return [...new Set(values)];
  },
});

const fill: OptionParts & { readonly choices: readonly ["white", "black"] } = {
  value: "COLOR",
  choices: ["white", "black"],
  help: "color outside the slide: white or black",
  word: "Fill color",
};

/** Settings for reading slides, as options. */
export const readingOptions: OptionsOf<ReadingOptions> = {
  level: number({
    least: 0,
    whole: true,
    help: "pyramid level to read from",
    word: "Pyramid level",
  }),
  fill: choice(fill),
};

/** A rule of all commands that cut tiles. */
export function scaleRule(
  { mpp, downsample }: ScaleOptions,
): [holds: boolean, message: string] {
  return [
    mpp === undefined || downsample === undefined,
    "--mpp and --downsample cannot be combined",
  ];
}
