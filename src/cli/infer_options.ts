import { deviceHelp, DEVICES } from "./device_help.ts";
import { type GivenScale, OptionValues } from "./option_values.ts";
import { parseOptions } from "./parse_options.ts";
import { scaleHelp } from "./scale_help.ts";
import { UsageError } from "./usage_error.ts";

/** What `infer --help` prints. */
export const inferHelp =
  `Finds what a model was trained for in whole-slide images.

Usage: tilewise infer SLIDE... --weights FILE --out DIR [options]

  SLIDE...              path or https URL of a TIFF, BigTIFF, OME-TIFF or Aperio
                        SVS; a folder of them (not those within it), a quoted
                        pattern such as 'slides/**/*.svs', or a CSV whose header
                        has a column path, slide, url, file, filename or id, and
                        may have one mpp
  --weights FILE        safetensors or PyTorch checkpoint; once per model,
                        several are an ensemble
  --out DIR             where results go; made if missing

Model
  --arch ARCH           auto, unext50 or unext101 (default: auto, from the
                        weights)
  --precision P         auto, f32 or f16 storage; arithmetic is always 32-bit
                        (default: auto)
${deviceHelp}
  --memory GIB          what weights and tiles may take on the GPU; beyond it,
                        an ensemble's networks take turns there, batch by batch
                        of tiles (default: what there is)
  --tune                first measure which kernels are fastest here, and keep
                        the answer for all runs to come: seconds on a GPU,
                        minutes on a software adapter
  --flips               average over the tile and its three mirror images
  --threshold P         probability above which a pixel is in the mask
                        (default: 0.5)

Tiles, in pixels after downsampling; where the weights say what they were
trained with, that is the default of tile, expansion and scale
  --tile N              side of what is kept of a tile (default: 1024)
  --expansion N         what the model sees around it, both sides together
                        (default: 256)
${scaleHelp}
  --level N             pyramid level to read from
  --timeout N           seconds that a slide's server may be silent
                        (default: 10)
  --fill COLOUR         white or black around the slide (default: white)

Output
  --format LIST         which results (default: all but the last)
                          rle          NAME.rle.csv
                          tiff         NAME.mask.tif
                          png          NAME.mask.png and NAME.overlay.png
                          geojson      NAME.geojson
                          objects      NAME.objects.csv; objects.csv over several
                          json         NAME.json
                          html         NAME.html; index.html over several
                          probability  NAME.probability.tif
  --probability         add the probability map to the formats
  --class NAME          class of the objects (default: that of the weights, else
                        glomerulus)
  --object-type TYPE    what QuPath takes the objects of NAME.geojson for:
                        annotation or detection (default: annotation)
  --min-area AREA       leave objects below it out of all but the masks: 500 is
                        µm², 500px pixels (default: 0)
  --simplify N          let outlines lie up to N slide pixels off, to have fewer
                        corners (default: 0)
  --keep-folders        write into folders like those of the slides, from the
                        innermost one that holds them all
  --overwrite           replace results of earlier runs (default: refuse)
  --resume              leave out slides that an earlier run with these
                        settings, weights and slides has completed; others
                        are done anew
  --live                serve a page on this machine that shows the slide while
                        it is worked on, until the page is closed
  --profile             print how long each stage and each kernel took; the run
                        takes longer
  --quiet               print errors only
  --help                print this

Ends with 0 when all slides are done, 1 when any failed, 2 when the command line
makes no sense, 130 after Ctrl-C.`;

const FORMATS = [
  "rle",
  "tiff",
  "png",
  "geojson",
  "objects",
  "json",
  "html",
  "probability",
] as const;

/** A kind of result. */
export type Format = typeof FORMATS[number];

/** The area below which objects are left out. */
export interface MinArea {
  readonly value: number;
  readonly unit: "µm²" | "px";
}

/** The command line of `infer`, taken apart. */
export interface InferOptions extends GivenScale {
  readonly slides: readonly string[];
  readonly weights: readonly string[];
  readonly out: string;
  readonly arch: "auto" | "unext50" | "unext101";
  readonly precision: "auto" | "f32" | "f16";
  readonly device: typeof DEVICES[number];
  readonly memory?: number;
  readonly tune: boolean;
  readonly flips: boolean;
  readonly threshold: number;
  readonly tile: number;
  readonly expansion: number;
  readonly level?: number;
  readonly timeout?: number;
  readonly fill: "white" | "black";
  readonly formats: ReadonlySet<Format>;
  readonly className: string;
  readonly objectType: "annotation" | "detection";
  readonly minArea: MinArea;
  readonly simplify: number;
  readonly keepFolders: boolean;
  readonly overwrite: boolean;
  readonly resume: boolean;
  readonly live: boolean;
  readonly profile: boolean;
  readonly quiet: boolean;
}

/**
 * Reads the arguments of `infer`; `undefined` where help is asked for.
 *
 * @throws {UsageError} where they make no sense.
 */
export function parseInferOptions(
  args: readonly string[],
): InferOptions | undefined {
  const parsed = parseOptions(args, {
    boolean: [
      "tune",
      "flips",
      "probability",
      "keep-folders",
      "overwrite",
      "resume",
      "live",
      "profile",
      "quiet",
      "help",
    ],
    string: [
      "_",
      "out",
      "weights",
      "arch",
      "precision",
      "device",
      "memory",
      "threshold",
      "tile",
      "expansion",
      "downsample",
      "mpp",
      "slide-mpp",
      "level",
      "timeout",
      "fill",
      "format",
      "class",
      "object-type",
      "min-area",
      "simplify",
    ],
    collect: ["weights"],
    alias: { help: "h" },
  });
  if (parsed.help) return undefined;
  const slides = parsed._.map(String);
  if (slides.length === 0) throw new UsageError("No slide is given");
  const weights = parsed.weights as string[];
  if (weights.length === 0) {
    throw new UsageError("No model is given: --weights FILE is needed");
  }
  if (!parsed.out) {
    throw new UsageError("No output folder is given: --out DIR is needed");
  }
  const values = new OptionValues(parsed);
  const formats = parseFormats(parsed.format, parsed.probability);
  if (parsed.resume && !formats.has("json")) {
    throw new UsageError(
      "--resume needs json among the formats, which says what was done",
    );
  }
  return {
    slides,
    weights,
    out: parsed.out,
    arch: values.choice("arch", ["auto", "unext50", "unext101"]),
    precision: values.choice("precision", ["auto", "f32", "f16"]),
    device: values.choice("device", DEVICES),
    memory: values.positive("memory"),
    tune: parsed.tune,
    flips: parsed.flips,
    threshold: values.number("threshold", { usual: 0.5, least: 0, most: 1 }),
    tile: values.number("tile", { usual: 1024, least: 1, whole: true }),
    expansion: values.number("expansion", {
      usual: 256,
      least: 0,
      whole: true,
    }),
    ...values.scale(),
    level: values.optionalNumber("level", { least: 0, whole: true }),
    timeout: values.positive("timeout"),
    fill: values.choice("fill", ["white", "black"]),
    formats,
    className: parsed.class || "glomerulus",
    objectType: values.choice("object-type", ["annotation", "detection"]),
    minArea: parseMinArea(parsed["min-area"] ?? "0"),
    simplify: values.number("simplify", { usual: 0, least: 0 }),
    keepFolders: parsed["keep-folders"],
    overwrite: parsed.overwrite,
    resume: parsed.resume,
    live: parsed.live,
    profile: parsed.profile,
    quiet: parsed.quiet,
  };
}

function parseMinArea(text: string): MinArea {
  const [, digits, px] = /^\s*([\d.]+)\s*(px|px²)?\s*$/.exec(text) ?? [];
  const value = Number(digits);
  if (digits === undefined || Number.isNaN(value)) {
    throw new UsageError(
      `--min-area needs an area of 0 or more, like 500 (µm²) or 500px: received "${text}"`,
    );
  }
  return { value, unit: px ? "px" : "µm²" };
}

function parseFormats(
  list: string | undefined,
  probability: boolean,
): ReadonlySet<Format> {
  const added: Format[] = probability ? ["probability"] : [];
  if (list === undefined) {
    const usual = FORMATS.filter((format) => format !== "probability");
    return new Set([...usual, ...added]);
  }
  const names = list.split(",").map((name) => name.trim());
  const unknown = names.find((name) => !FORMATS.includes(name as Format));
  if (unknown !== undefined) {
    throw new UsageError(
      `--format lists ${FORMATS.join(", ")}: received "${unknown}"`,
    );
  }
  return new Set([...names as Format[], ...added]);
}
