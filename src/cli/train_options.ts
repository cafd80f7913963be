import type { Normalization } from "../kernels/load_tile.ts";
import { toNormalization } from "../predict/checkpoint_normalization.ts";
import { deviceHelp, DEVICES } from "./device_help.ts";
import { type GivenScale, OptionValues } from "./option_values.ts";
import { parseOptions } from "./parse_options.ts";
import { scaleHelp } from "./scale_help.ts";
import { UsageError } from "./usage_error.ts";

/** What `train --help` prints. */
export const trainHelp =
  `Trains a network on slides and their labels, as the 3rd-place solution of HuBMAP
"Hacking the Kidney" does.

Usage: tilewise train --slides DIR --labels FILE --out RUN [options]
       tilewise train --tiles DIR --out RUN [options]

  --slides DIR          slides: TIFF, BigTIFF, OME-TIFF or Aperio SVS
  --labels FILE         run-length codes (CSV), GeoJSON, mask pictures, or a
                        folder of them; may be repeated
  --class NAME          only GeoJSON annotations of this class and those derived
                        from it, '*' for all (default: the one class there is)
  --tiles DIR           tiles and masks that the command tile made, in place of
                        slides and labels
  --out RUN             where the run goes; made if missing

Folds, by slide
  --folds N             how many (default: 5)
  --fold N              which one is kept for validation, from 0 (default: 0)
  --seed N              decides folds, order, augmentations and first weights
                        (default: 1)

Network
  --arch ARCH           unext50, unext101, or a JSON file of a UNeXt's sizes
                        (default: unext50, or as --from has it)
  --encoder FILE        a torchvision-style ResNeXt checkpoint to start the
                        encoder from
  --from FILE           a checkpoint of the whole network to start from; tile,
                        expansion, scale and class are by default its own
  --precision P         f32 or f16 storage, f16 with loss scaling (default: f32)
${deviceHelp}

Training
  --epochs N            passes over the tiles (default: 50)
  --batch N             tiles an update (default: 16)
  --accumulate N        parts a batch is run in, to save memory (default: 1)
  --memory GIB          what a batch's tensors may take on the GPU; beyond it,
                        some are computed twice (default: no limit)
  --lr RATE             highest learning rate (default: 0.0001)
  --no-augment          train on the tiles as they are
  --mean R,G,B          what is taken from pixels of 0 to 1, and what they are
  --std R,G,B           then divided by; checkpoints say it, and infer heeds it
                        (default: as --from was trained, else as --tiles
                        measured, else of HuBMAP's kidney tiles)

Tiles, in pixels after downsampling; those of --tiles are as they were made,
validated without margin
  --tile N              side (default: 1024)
  --expansion N         margin in validation, both sides together (default: 256)
${scaleHelp}
  --fill COLOUR         white or black around the slide (default: white)

Pseudo-labels
  --pseudo FILE         labels that infer predicted, or its output folder; may
                        be repeated
  --pseudo-slides DIR   their slides (default: --slides)

Run
  --resume              go on where a run with the same options stopped
  --save-every N        updates between checkpoints within an epoch
                        (default: 100)
  --quiet               print errors only
  --help                print this

RUN gets best.safetensors and last.safetensors (for infer, and for PyTorch),
state.safetensors (for --resume), log.csv (epoch,train_loss,val_loss,dice_coef)
and train.html (curves and samples). Each line of log.csv is printed too.

Ends with 0 when all epochs are done, 1 when something failed, 2 when the
command line makes no sense, 130 after Ctrl-C, which keeps what was done.`;

/** The command line of `train`, taken apart. */
export interface TrainCommandOptions extends GivenScale {
  /** A folder of slides; `undefined` where `tiles` is given. */
  readonly slides: string | undefined;
  readonly tiles: string | undefined;
  readonly labels: readonly string[];
  readonly classification: string | undefined;
  readonly out: string;
  readonly folds: number;
  readonly fold: number;
  readonly seed: number;
  readonly arch: string | undefined;
  readonly encoder: string | undefined;
  readonly from: string | undefined;
  readonly precision: "f32" | "f16";
  readonly device: typeof DEVICES[number];
  readonly epochs: number;
  readonly batch: number;
  readonly accumulate: number;
  readonly lr: number;
  readonly augment: boolean;
  readonly normalization: Normalization | undefined;
  readonly tile: number;
  readonly expansion: number;
  readonly fill: "white" | "black";
  readonly pseudo: readonly string[];
  readonly pseudoSlides: string | undefined;
  /** The class that `from` was trained on, to be taken where labels are of several and none is given. */
  readonly preferred?: string;
  readonly resume: boolean;
  readonly saveEvery: number;
  /** In GiB. */
  readonly memory: number;
  readonly quiet: boolean;
}

/**
 * Reads the arguments of `train`; `undefined` where help is asked for.
 *
 * @throws {UsageError} where they make no sense.
 */
export function parseTrainOptions(
  args: readonly string[],
): TrainCommandOptions | undefined {
  const parsed = parseOptions(args, {
    boolean: ["augment", "resume", "quiet", "help"],
    string: [
      "_",
      "slides",
      "tiles",
      "labels",
      "class",
      "out",
      "folds",
      "fold",
      "seed",
      "arch",
      "encoder",
      "from",
      "precision",
      "device",
      "epochs",
      "batch",
      "accumulate",
      "lr",
      "tile",
      "expansion",
      "downsample",
      "mpp",
      "slide-mpp",
      "fill",
      "pseudo",
      "pseudo-slides",
      "save-every",
      "memory",
      "mean",
      "std",
    ],
    collect: ["labels", "pseudo"],
    negatable: ["augment"],
    default: { augment: true },
    alias: { help: "h" },
    unknown(argument) {
      throw new UsageError(`There is nothing to do with "${argument}"`);
    },
  });
  if (parsed.help) return undefined;
  const values = new OptionValues(parsed);
  const whole = (name: string, usual: number, least = 1, multipleOf = 1) =>
    values.number(name, { usual, least, whole: true, multipleOf });
  const labels = parsed.labels as string[];
  const pseudo = parsed.pseudo as string[];
  const [slides, tiles] = [values.text("slides"), values.text("tiles")];
  if (tiles !== undefined && (slides !== undefined || labels.length > 0)) {
    throw new UsageError("--tiles takes the place of --slides and --labels");
  }
  if (slides === undefined && tiles === undefined) {
    throw new UsageError("No slides are given: --slides DIR is needed");
  }
  if (tiles === undefined && labels.length === 0) {
    throw new UsageError("No labels are given: --labels FILE is needed");
  }
  const options: TrainCommandOptions = {
    slides,
    tiles,
    labels,
    classification: values.text("class"),
    out: values.needed(
      "out",
      "No folder for the run is given: --out RUN is needed",
    ),
    folds: whole("folds", 5, 2),
    fold: whole("fold", 0, 0),
    seed: whole("seed", 1, 0),
    arch: values.text("arch"),
    encoder: values.text("encoder"),
    from: values.text("from"),
    precision: values.choice("precision", ["f32", "f16"]),
    device: values.choice("device", DEVICES),
    epochs: whole("epochs", 50),
    batch: whole("batch", 16),
    accumulate: whole("accumulate", 1),
    lr: values.number("lr", { usual: 1e-4, above: 0 }),
    augment: parsed.augment,
    normalization: normalizationOf(values),
    tile: whole("tile", 1024, 32, 32),
    expansion: tiles === undefined ? whole("expansion", 256, 0, 32) : 0,
    ...values.scale(),
    fill: values.choice("fill", ["white", "black"]),
    pseudo,
    pseudoSlides: values.text("pseudo-slides") ?? slides,
    resume: parsed.resume,
    saveEvery: whole("save-every", 100),
    memory: values.number("memory", { usual: Infinity, above: 0 }),
    quiet: parsed.quiet,
  };
  checkTogether(options);
  return options;
}

function normalizationOf(values: OptionValues): Normalization | undefined {
  const texts = [values.text("mean"), values.text("std")];
  if (texts.every((text) => text === undefined)) return undefined;
  const [mean, std] = texts.map((text) =>
    text?.split(",").map((part) => part.trim() === "" ? NaN : Number(part))
  );
  const normalization = toNormalization(mean, std);
  if (normalization) return normalization;
  throw new UsageError(
    `--mean and --std go together, three numbers of 0 to 1 like 0.65,0.48,0.69, those of --std above 0: received ${
      texts.map((text) => text ?? "none").join(" and ")
    }`,
  );
}

/** Rules that concern more than one option, or more than its kind. */
function checkTogether(options: TrainCommandOptions): void {
  const { fold, folds, batch, accumulate } = options;
  const rules: [boolean, string][] = [
    [fold < folds, `--fold is less than --folds: received ${fold} of ${folds}`],
    [
      batch % accumulate === 0,
      `--accumulate divides --batch: received ${accumulate} for ${batch}`,
    ],
    [
      options.pseudo.length === 0 || options.pseudoSlides !== undefined,
      "--pseudo needs --pseudo-slides DIR beside --tiles",
    ],
    [
      options.classification === undefined || options.labels.length > 0 ||
      options.pseudo.length > 0,
      "--class concerns --labels and --pseudo: tiles have no classes",
    ],
    [
      !(options.encoder && options.from),
      "--encoder and --from exclude each other: a whole network holds its encoder",
    ],
  ];
  for (const [holds, message] of rules) {
    if (!holds) throw new UsageError(message);
  }
}
