import {
  choice,
  custom,
  number,
  type OptionsOf,
  text,
  toggle,
} from "./option.ts";
import { UsageError } from "../errors/usage_error.ts";

/** The area below which objects are left out. */
export interface MinArea {
  /** How many. */
  readonly value: number;
  /** Of what. */
  readonly unit: "µm²" | "px";
}

/** The objects of a run. */
export interface ObjectOptions {
  /** Their class. Default: that of the weights, else glomerulus. */
  readonly className: string;
  /** What QuPath takes them for. Default: annotation. */
  readonly objectType: "annotation" | "detection";
  /** Objects below it are left out of all but the masks. Default: 0. */
  readonly minArea: MinArea;
  /** How many slide pixels outlines may lie off. Default: 0. */
  readonly simplify: number;
}

/** Where results go. */
export interface OutputOptions {
  /** The folder of the results; made if missing. */
  readonly out: string;
  /** Whether results go into folders like those of the slides. Default: false. */
  readonly keepFolders: boolean;
  /** Whether results of earlier runs are replaced. Default: false. */
  readonly overwrite: boolean;
  /** Whether slides that an earlier run completed are left out. Default: false. */
  readonly resume: boolean;
}

/** How good seams between tiles are. */
export interface SeamOptions {
  /** Whether seams are measured. Default: false. */
  readonly seams: boolean;
  /** The expansion to compare with. Default: twice the largest, at least 256. */
  readonly reference: number;
  /** Share of what is found that may differ at a border. Default: 0.01. */
  readonly tolerance: number;
}

const MIN_AREA = { word: "Minimum object area", unit: "area" } as const;

/** The objects of a run, as options. */
export const objectOptions: OptionsOf<ObjectOptions> = {
  className: text({
    flag: "class",
    value: "NAME",
    default: "glomerulus",
    help:
      "class of the objects (default: that of the weights, else glomerulus)",
  }),
  objectType: choice({
    value: "TYPE",
    choices: ["annotation", "detection"],
    help: "what QuPath takes the objects of NAME.geojson for: annotation or " +
      "detection (default: annotation)",
    word: "QuPath object type",
  }),
  minArea: custom<MinArea, MinArea>({
    ...MIN_AREA,
    value: "AREA",
    default: { value: 0, unit: "µm²" },
    help: "leave objects below it out of all but the masks: 500 is µm², " +
      "500px pixels (default: 0)",
    read(text, flag) {
      const [, digits, px] = /^\s*([\d.]+)\s*(px|px²)?\s*$/.exec(text) ?? [];
      const value = Number(digits);
      if (digits !== undefined && !Number.isNaN(value)) {
        return { value, unit: px ? "px" : "µm²" };
      }
      throw new UsageError(
        `--${flag} needs an area of 0 or more, like 500 (µm²) or 500px: received "${text}"`,
      );
    },
  }),
  simplify: number({
    default: 0,
    least: 0,
    help: "let outlines lie up to N slide pixels off, to have fewer corners",
    word: "Simplification tolerance",
    unit: "px",
  }),
};

/** The least pixels of an object that counts. */
export const minPixels = number({
  ...MIN_AREA,
  default: 0,
  least: 0,
  help: "found objects of fewer slide pixels do not count",
});

/** Where results go, as options. */
export const outputOptions: OptionsOf<OutputOptions> = {
  out: text({
    value: "DIR",
    default: "",
    help: "where results go; made if missing",
    affects: false,
  }),
  keepFolders: toggle({
    help: "write into folders like those of the slides, from the innermost " +
      "one that holds them all",
    affects: false,
  }),
  overwrite: toggle({
    help: "replace results of earlier runs (default: refuse)",
    affects: false,
  }),
  resume: toggle({
    help: "leave out slides that an earlier run with these settings, weights " +
      "and slides has completed; others are done anew",
    affects: false,
  }),
};

/** How good seams are, as options. */
export const seamOptions: OptionsOf<SeamOptions> = {
  seams: toggle({
    help: "how far predictions near tile borders differ from a run with more " +
      "expansion, for plain tiles and each --expansion, and the expansion " +
      "that would do",
    word: "Seam measurement",
    unit: "switch",
  }),
  reference: number({
    default: 256,
    least: 32,
    whole: true,
    help: "the expansion to compare with (default: twice the largest, at " +
      "least 256)",
    word: "Reference expansion",
    unit: "px",
  }),
  tolerance: number({
    value: "P",
    default: 0.01,
    least: 0,
    most: 1,
    help: "share of what is found that may differ at a border",
    word: "Seam tolerance",
    unit: "share",
  }),
};
