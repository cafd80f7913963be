import { deviceHelp, DEVICES } from "./device_help.ts";
import { type GivenScale, OptionValues } from "./option_values.ts";
import { parseOptions } from "./parse_options.ts";
import { UsageError } from "./usage_error.ts";

/** What `evaluate --help` prints. */
export const evaluateHelp = `Compares what is found in slides with their labels.

Usage: tilewise evaluate SLIDE... --labels FILE --weights FILE [options]
       tilewise evaluate SLIDE... --labels FILE --predicted PATH [options]

  SLIDE...              slides, folders of them, patterns or a CSV, as for
                        infer; a slide's name without the ending is its labels'
                        id
  --labels FILE         CSV of run-length codes, GeoJSON (NAME.geojson), a mask
                        of the slide's size (NAME.mask.tif, NAME.mask.png), or a
                        folder of these; may be repeated
  --predicted PATH      what was found, likewise, as infer writes it: the masks
                        as they are, at their run's threshold; with
                        NAME.probability.tif in a folder, all others are tried
  --weights FILE        or run this model; once per model, several are an
                        ensemble
  --class NAME          only GeoJSON labels of this class and those derived from
                        it, '*' for all (default: the one class there is)
  --min-area N          found objects of fewer slide pixels do not count
                        (default: 0)
  --threshold P         probability above which a pixel is found, with
                        --weights or where no mask was written (default: 0.5)
  --out DIR             writes evaluation.json and evaluation.html there
                        (default: only prints)

With --weights; lengths in pixels after downsampling; where the weights say what
they were trained with, that is the default of tile, expansion and scale
  --arch ARCH           auto, unext50 or unext101 (default: auto, from the
                        weights)
  --precision P         auto, f32 or f16 storage (default: auto)
${deviceHelp}
  --memory GIB          what weights and tiles may take on the GPU, as for infer
  --flips               average over the tile and its three mirror images
  --tile N              side of what is kept of a tile (default: 1024)
  --expansion LIST      what the model sees around it, both sides together;
                        several, as 0,256, are compared (default: 256)
  --downsample N        slide pixels per tile pixel (default: 2)
  --mpp N               instead: micrometres per tile pixel, resampled from the
                        nearest finer level
  --slide-mpp N         micrometres per slide pixel, where slides do not say it
                        or are wrong
  --level N             pyramid level to read from
  --fill COLOUR         white or black around the slide (default: white)
  --seams               how far predictions near tile borders differ from a run
                        with more expansion, for plain tiles and each
                        --expansion, and the expansion that would do
  --reference N         the expansion to compare with (default: twice the
                        largest, at least 256)
  --tolerance P         share of what is found that may differ at a border
                        (default: 0.01)

  --overwrite           replace an earlier evaluation in --out (default: refuse)
  --quiet               print errors only
  --help                print this

Ends with 0 when all slides are done, 1 when any failed, 2 when the command line
makes no sense, 130 after Ctrl-C.`;

/** The command line of `evaluate`, taken apart. */
export interface EvaluateOptions extends GivenScale {
  readonly slides: readonly string[];
  readonly labels: readonly string[];
  readonly predicted?: string;
  readonly weights: readonly string[];
  readonly classification?: string;
  /** The class that the model was trained on, to be taken where labels are of several and `classification` is not given. */
  readonly preferred?: string;
  readonly minArea: number;
  /** 0.5 by default where a model is run; that of the run where files are read. */
  readonly threshold?: number;
  readonly out?: string;
  readonly overwrite: boolean;
  readonly arch: "auto" | "unext50" | "unext101";
  readonly precision: "auto" | "f32" | "f16";
  readonly device: typeof DEVICES[number];
  readonly memory?: number;
  readonly flips: boolean;
  readonly tile: number;
  readonly expansions: readonly number[];
  readonly level?: number;
  readonly fill: "white" | "black";
  readonly seams: boolean;
  readonly reference: number;
  readonly tolerance: number;
  readonly quiet: boolean;
}

/**
 * Reads the arguments of `evaluate`; `undefined` where help is asked for.
 *
 * @throws {UsageError} where they make no sense.
 */
export function parseEvaluateOptions(
  args: readonly string[],
): EvaluateOptions | undefined {
  const parsed = parseOptions(args, {
    boolean: ["flips", "seams", "overwrite", "quiet", "help"],
    string: [
      "_",
      "labels",
      "predicted",
      "weights",
      "class",
      "min-area",
      "threshold",
      "out",
      "arch",
      "precision",
      "device",
      "memory",
      "tile",
      "expansion",
      "downsample",
      "mpp",
      "slide-mpp",
      "level",
      "fill",
      "reference",
      "tolerance",
    ],
    collect: ["labels", "weights"],
    alias: { help: "h" },
  });
  if (parsed.help) return undefined;
  const values = new OptionValues(parsed);
  const slides = parsed._.map(String);
  if (slides.length === 0) throw new UsageError("No slide is given");
  const labels = parsed.labels as string[];
  if (labels.length === 0 || labels.includes("")) {
    throw new UsageError("No labels are given: --labels FILE is needed");
  }
  const weights = parsed.weights as string[];
  const predicted = values.text("predicted");
  if ((weights.length > 0) === (predicted !== undefined)) {
    throw new UsageError(
      `Predictions come from a model or from files: --weights FILE or --predicted PATH is needed${
        predicted === undefined ? "" : ", not both"
      }`,
    );
  }
  if (parsed.seams && predicted !== undefined) {
    throw new UsageError("--seams runs a model: --weights FILE is needed");
  }
  const list = (values.text("expansion") ?? "256").split(",");
  const expansions = list.map((text) => {
    const value = Number(text);
    if (text.trim() && Number.isSafeInteger(value) && value >= 0) return value;
    throw new UsageError(
      `--expansion needs whole numbers from 0: received "${text}"`,
    );
  });
  // Without one, it follows from the expansions, which checkpoints may say.
  const reference = values.number("reference", {
    usual: 256,
    least: 32,
    whole: true,
  });
  const share = { least: 0, most: 1 };
  return {
    slides,
    labels,
    predicted,
    weights,
    classification: values.text("class"),
    minArea: values.number("min-area", { usual: 0, least: 0 }),
    threshold: values.optionalNumber("threshold", share) ??
      (predicted === undefined ? 0.5 : undefined),
    out: values.text("out"),
    overwrite: parsed.overwrite,
    arch: values.choice("arch", ["auto", "unext50", "unext101"]),
    precision: values.choice("precision", ["auto", "f32", "f16"]),
    device: values.choice("device", DEVICES),
    memory: values.positive("memory"),
    flips: parsed.flips,
    tile: values.number("tile", { usual: 1024, least: 1, whole: true }),
    expansions: [...new Set(expansions)],
    ...values.scale(),
    level: values.optionalNumber("level", { least: 0, whole: true }),
    fill: values.choice("fill", ["white", "black"]),
    seams: parsed.seams,
    reference,
    tolerance: values.number("tolerance", { usual: 0.01, ...share }),
    quiet: parsed.quiet,
  };
}
