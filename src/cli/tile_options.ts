import { type GivenScale, OptionValues } from "./option_values.ts";
import { parseOptions } from "./parse_options.ts";
import { scaleHelp } from "./scale_help.ts";
import { UsageError } from "./usage_error.ts";

/** What `tile --help` prints. */
export const tileHelp =
  `Cuts slides and their labels into tiles to train on, as PNG.

Usage: tilewise tile SLIDE... --labels FILE --out DIR [options]

  SLIDE...              slides, folders of them, patterns or a CSV, as for
                        infer; a slide's name without the ending is its labels'
                        id
  --labels FILE         CSV of run-length codes (id,encoding), GeoJSON
                        (NAME.geojson), a mask of the slide's size
                        (NAME.mask.tif, NAME.mask.png), or a folder of these;
                        may be repeated
  --class NAME          only GeoJSON annotations of this class and those derived
                        from it, '*' for all (default: the one class there is)
  --out DIR             where tiles go; must be new or empty, and gets its name
                        when all is written

Tiles
  --tile N              side in pixels after downsampling, a multiple of 32
                        (default: 1024)
${scaleHelp}
  --fill COLOUR         white or black around the slide (default: white)
  --saturation N        HSV saturation, 0 to 255, above which a pixel is tissue;
                        a tile needs more than 1000 (N/256)² such pixels, N
                        being its side (default: 40)

  --format FORMAT       png (default: png)
  --quiet               print errors only
  --help                print this

Writes tiles/NAME_0001.png and masks/NAME_0001.png (0 and 255), index.csv
(slide, place in slide pixels, files, pixels of tissue and of label), and
tiles.json with the mean and deviation of each channel.

Ends with 0 when all slides are done, 1 when any failed, 2 when the command line
makes no sense, 130 after Ctrl-C.`;

/** The command line of `tile`, taken apart. */
export interface TileOptions extends GivenScale {
  readonly slides: readonly string[];
  readonly labels: readonly string[];
  readonly classification?: string;
  readonly out: string;
  readonly tile: number;
  readonly fill: "white" | "black";
  readonly saturation: number;
  readonly quiet: boolean;
}

/**
 * Reads the arguments of `tile`; `undefined` where help is asked for.
 *
 * @throws {UsageError} where they make no sense.
 */
export function parseTileOptions(
  args: readonly string[],
): TileOptions | undefined {
  const parsed = parseOptions(args, {
    boolean: ["quiet", "help"],
    string: [
      "_",
      "labels",
      "class",
      "out",
      "tile",
      "downsample",
      "mpp",
      "slide-mpp",
      "fill",
      "saturation",
      "format",
    ],
    collect: ["labels"],
    alias: { help: "h" },
  });
  if (parsed.help) return undefined;
  const values = new OptionValues(parsed);
  values.choice("format", ["png"]);
  const slides = parsed._.map(String);
  if (slides.length === 0) throw new UsageError("No slide is given");
  const labels = parsed.labels as string[];
  if (labels.length === 0 || labels.includes("")) {
    throw new UsageError("No labels are given: --labels FILE is needed");
  }
  const tile = values.number("tile", {
    usual: 1024,
    least: 32,
    whole: true,
    multipleOf: 32,
  });
  return {
    slides,
    labels,
    classification: values.text("class"),
    out: values.needed(
      "out",
      "No output folder is given: --out DIR is needed",
    ),
    tile,
    ...values.scale(),
    fill: values.choice("fill", ["white", "black"]),
    saturation: values.number("saturation", { usual: 40, least: 0, most: 255 }),
    quiet: parsed.quiet,
  };
}
