import { type LabelOptions, labelOptions } from "../options/labels.ts";
import { type OpeningOptions, openingOptions } from "../options/opening.ts";
import { choice, number, type OptionsOf, text } from "../options/option.ts";
import {
  type ReadingOptions,
  readingOptions,
  type ScaleOptions,
  scaleOptions,
  trainingTilingOptions,
} from "../options/tiling.ts";

/** How slides and labels are cut into tiles to train on. */
export interface TileSlidesOptions
  extends
    LabelOptions,
    ScaleOptions,
    OpeningOptions,
    Pick<ReadingOptions, "fill"> {
  /** Where tiles go; must be new or empty, and gets its name when all is written. */
  readonly out: string;
  /** Side of a tile in pixels after downsampling, a multiple of 32. Default: 1024. */
  readonly tile: number;
  /** HSV saturation, 0 to 255, above which a pixel is tissue. Default: 40. */
  readonly saturation: number;
  /** The pictures' format. Default: png. */
  readonly format: "png";
}

/** How slides and labels are cut, as options. */
export const tileOptions: OptionsOf<TileSlidesOptions> = {
  ...labelOptions,
  out: text({
    value: "DIR",
    default: "",
    help: "where tiles go; must be new or empty, and gets its name when all " +
      "is written",
  }),
  tile: {
    ...trainingTilingOptions.tile,
    help: "side in pixels after downsampling, a multiple of 32 (default: 1024)",
  },
  ...scaleOptions,
  ...openingOptions,
  fill: readingOptions.fill,
  saturation: number({
    default: 40,
    least: 0,
    most: 255,
    help: "HSV saturation, 0 to 255, above which a pixel is tissue; a tile " +
      "needs more than 1000 (N/256)² such pixels, N being its side " +
      "(default: 40)",
  }),
  format: choice({ value: "FORMAT", choices: ["png"], help: "png" }),
};
