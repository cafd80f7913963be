import { number, type OptionsOf, text } from "./option.ts";

/**
 * The part of a slide that is looked at.
 *
 * @category Settings
 */
export interface RegionOptions {
  /**
   * GeoJSON whose polygons are looked at alone, and to which results are clipped; or a folder with `NAME.geojson` for each
   * slide. Default: the whole slide.
   */
  readonly within?: string;
  /** The class of its polygons, derived classes included; `*` for all. Default: the only class. */
  readonly withinClass?: string;
  /** GeoJSON whose polygons are left out, or a folder likewise. Default: nothing is left out. */
  readonly exclude?: string;
  /** The class of its polygons, likewise. Default: the only class. */
  readonly excludeClass?: string;
}

/**
 * Which tiles have tissue.
 *
 * @category Settings
 */
export interface TissueOptions {
  /**
   * A mask of the tissue in place of the rule: GeoJSON, or TIFF or PNG of the slide's shape; or a folder with such files named
   * after the slides. A tile has tissue if it meets the mask. Default: the rule.
   */
  readonly tissue?: string;
  /** HSV saturation, 0 to 255, above which a pixel counts as tissue. Default: 40. */
  readonly tissueSaturation?: number;
  /** Pixels of tissue that a tile must exceed, of each 256×256. Default: 1000. */
  readonly tissuePixels?: number;
}

/** The part of a slide that is looked at, as options. */
export const regionOptions: OptionsOf<RegionOptions> = {
  within: text({
    value: "FILE",
    help: "look only within the polygons of a GeoJSON file, and clip results " +
      "to them; for several slides, a folder with NAME.geojson for each",
    affects: "path",
    word: "Within",
  }),
  withinClass: text({
    value: "NAME",
    help: "class of these polygons, derived classes included; '*' for all " +
      "(default: the only class)",
    affects: "if given",
    word: "Within, class",
  }),
  exclude: text({
    value: "FILE",
    help: "leave out the polygons of a GeoJSON file, or of a folder likewise",
    affects: "path",
    word: "Excluded",
  }),
  excludeClass: text({
    value: "NAME",
    help: "class of these polygons (default: the only class)",
    affects: "if given",
    word: "Excluded, class",
  }),
};

/** Which tiles have tissue, as options. */
export const tissueOptions: OptionsOf<TissueOptions> = {
  tissue: text({
    value: "FILE",
    help: "mask of the tissue, in place of the rule: GeoJSON, TIFF or PNG; " +
      "for several slides, a folder with files of their names",
    affects: "path",
    word: "Tissue mask",
  }),
  tissueSaturation: number({
    least: 0,
    most: 255,
    help: "HSV saturation above which a pixel is tissue (default: 40)",
    affects: "if given",
    word: "Tissue saturation",
    unit: "numbers",
  }),
  tissuePixels: number({
    least: 0,
    help: "pixels of tissue that a tile must exceed, of each 256×256 " +
      "(default: 1000)",
    affects: "if given",
    word: "Tissue pixels of 256²",
    unit: "numbers",
  }),
};

/** The rules of commands that take both. */
export function regionRules(
  options: RegionOptions & TissueOptions,
): [holds: boolean, message: string][] {
  const { within, withinClass, exclude, excludeClass, tissue } = options;
  return [
    [
      withinClass === undefined || within !== undefined,
      "--within-class needs --within FILE",
    ],
    [
      excludeClass === undefined || exclude !== undefined,
      "--exclude-class needs --exclude FILE",
    ],
    [
      tissue === undefined || options.tissueSaturation === undefined &&
        options.tissuePixels === undefined,
      "--tissue takes the place of the rule that --tissue-saturation and --tissue-pixels set: leave one out",
    ],
  ];
}
