import { UsageError } from "../errors/cannot.ts";
import {
  choice,
  custom,
  number,
  type OptionsOf,
  text,
  toggle,
} from "./option.ts";

/**
 * An area of objects.
 *
 * @category Settings
 */
export interface MinArea {
  /** The number. */
  readonly value: number;
  /** Its unit. */
  readonly unit: "µm²" | "px";
}

/**
 * Settings for objects.
 *
 * @category Settings
 */
export interface ObjectOptions {
  /** The class of the objects. Default: that of the weights, else glomerulus. */
  readonly className: string;
  /**
   * The classes of the network's outputs, in order, with colors like `#e69f00`. Default: those that the weights or the model's
   * folder have.
   */
  readonly classes?: readonly {
    readonly name: string;
    readonly color?: string;
  }[];
  /** The type of the objects in QuPath. Default: annotation. */
  readonly objectType: "annotation" | "detection";
  /** Minimum object area; smaller objects are only in the masks. Default: 0. */
  readonly minArea: MinArea;
  /** Tolerance for simplifying outlines, in slide pixels. Default: 0. */
  readonly simplify: number;
}

/**
 * Settings for the files of results.
 *
 * @category Settings
 */
export interface OutputOptions {
  /** The output folder; created if missing. */
  readonly out: string;
  /** Whether results go into subfolders like those of the slides. Default: false. */
  readonly keepFolders: boolean;
  /** Whether results of earlier runs are replaced. Default: false. */
  readonly overwrite: boolean;
  /** Whether to skip slides that an earlier run completed. Default: false. */
  readonly resume: boolean;
  /**
   * Whether results have the same bytes each time: times, host and command are in `NAME.run.json` instead. Default: false.
   */
  readonly reproducible: boolean;
}

/**
 * Settings for measuring seams between tiles.
 *
 * @category Settings
 */
export interface SeamOptions {
  /** Whether seams are measured. Default: false. */
  readonly seams: boolean;
  /** The reference expansion. Default: twice the largest, at least 256. */
  readonly reference: number;
  /** Share of the foreground that may differ at a border. Default: 0.01. */
  readonly tolerance: number;
}

const MIN_AREA = { word: "Minimum object area", unit: "area" } as const;

/** Settings for objects, as options. */
export const objectOptions: OptionsOf<ObjectOptions> = {
  className: text({
    flag: "class",
    value: "NAME",
    default: "glomerulus",
    help:
      "class of the objects (default: that of the weights, else glomerulus)",
  }),
  classes: {
    flag: "class-name",
    value: "NAME",
    repeats: true,
    help: "name of a class of a network of several classes; repeat it in the " +
      "order of the network's outputs (default: those of the weights)",
    affects: "if given",
    word: "Classes",
    read: (given) => given?.map((name) => ({ name })),
  },
  objectType: choice({
    value: "TYPE",
    choices: ["annotation", "detection"],
    help: "type of the objects in QuPath: annotation or detection (default: " +
      "annotation)",
    word: "QuPath object type",
  }),
  minArea: custom<MinArea, MinArea>({
    ...MIN_AREA,
    value: "AREA",
    default: { value: 0, unit: "µm²" },
    help:
      "minimum object area in µm², or in pixels as 500px; smaller objects " +
      "are only in the masks (default: 0)",
    read(text, flag) {
      const [, digits, px] = /^\s*([\d.]+)\s*(?:(px|px²)\s*)?$/.exec(text) ??
        [];
      const value = Number(digits);
      if (digits !== undefined && !Number.isNaN(value)) {
        return { value, unit: px ? "px" : "µm²" };
      }
      throw new UsageError(
        `--${flag} must be an area of 0 or more, like 500 (µm²) or 500px, received "${text}"`,
      );
    },
  }),
  simplify: number({
    default: 0,
    least: 0,
    help: "simplify outlines by up to N slide pixels",
    word: "Simplification tolerance",
    unit: "px",
  }),
};

/** Minimum object area in pixels. */
export const minPixels = number({
  ...MIN_AREA,
  least: 0,
  help: "minimum area of predicted objects, in slide pixels (default: that " +
    "of the run or model, else 0)",
});

/** Settings for the files of results, as options. */
export const outputOptions: OptionsOf<OutputOptions> = {
  out: text({
    value: "DIR",
    default: "",
    help: "output folder; created if missing",
    affects: false,
  }),
  keepFolders: toggle({
    help: "write into subfolders like those of the slides, from their " +
      "innermost common folder",
    affects: false,
  }),
  overwrite: toggle({
    help: "replace results of earlier runs (default: an error)",
    affects: false,
  }),
  resume: toggle({
    help: "skip slides that an earlier run with the same settings, weights " +
      "and slides has completed; process the others again",
    affects: false,
  }),
  reproducible: toggle({
    help: "write times, host and command to NAME.run.json instead of the " +
      "other files, which then have the same bytes each time",
    affects: false,
  }),
};

/** Settings for measuring seams, as options. */
export const seamOptions: OptionsOf<SeamOptions> = {
  seams: toggle({
    help: "measure how much predictions near tile borders differ from a run " +
      "with more expansion, for plain tiles and each --expansion, and " +
      "recommend an expansion",
    word: "Seam measurement",
    unit: "switch",
  }),
  reference: number({
    default: 256,
    least: 32,
    whole: true,
    help: "reference expansion (default: twice the largest, at least 256)",
    word: "Reference expansion",
    unit: "px",
  }),
  tolerance: number({
    value: "P",
    default: 0.01,
    least: 0,
    most: 1,
    help: "share of the foreground that may differ at a border",
    word: "Seam tolerance",
    unit: "share",
  }),
};
