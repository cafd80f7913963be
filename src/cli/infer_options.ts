import { type OptionsOf, toggle } from "../options/option.ts";
import { scaleRule } from "../options/tiling.ts";
import { type InferOptions, inferOptions } from "../run/infer_options.ts";
import {
  type Command,
  helpOf,
  readCommand,
  withAfter,
} from "../options/command.ts";
import { EXIT_CODES, quietOption } from "./command_parts.ts";

/** The options of `infer`. */
interface InferFlags extends InferOptions {
  readonly probability: boolean;
  readonly live: boolean;
  readonly quiet: boolean;
}

/** The command line of `infer`, taken apart. */
export interface InferCommandOptions extends Omit<InferFlags, "probability"> {
  readonly slides: readonly string[];
}

const flags: OptionsOf<InferFlags> = {
  ...withAfter(
    withAfter(inferOptions, "formats", {
      probability: toggle({
        help: "add the probability map to the formats",
        affects: false,
      }),
    }),
    "resume",
    {
      live: toggle({
        help: "serve a page on this machine that shows the slide while it is " +
          "worked on, until the page is closed",
        affects: false,
      }),
    },
  ),
  ...quietOption,
};

const command: Command<InferFlags> = {
  about: "Finds what a model was trained for in whole-slide images.",
  usage: ["tilewise infer SLIDE... --weights FILE --out DIR [options]"],
  slides: [
    "SLIDE...",
    "path or https URL of a TIFF, BigTIFF, OME-TIFF or Aperio SVS; a folder " +
    "of them (not those within it), a quoted pattern such as " +
    "'slides/**/*.svs', or a CSV whose header has a column path, slide, url, " +
    "file, filename or id, and may have one mpp",
  ],
  options: flags,
  headings: {
    arch: "Model",
    tile: "Tiles, in pixels after downsampling; where the weights say what " +
      "they were trained with, that is the default of tile, expansion and scale",
    formats: "Output",
  },
  end: EXIT_CODES,
  rules: (options) => [
    [options.weights.length > 0, "No model is given: --weights FILE is needed"],
    [options.out !== "", "No output folder is given: --out DIR is needed"],
    [
      !options.resume || options.formats.has("json"),
      "--resume needs json among the formats, which says what was done",
    ],
    scaleRule(options),
  ],
};

/** What `infer --help` prints. */
export const inferHelp = helpOf(command);

/**
 * Reads the arguments of `infer`; `undefined` where help is asked for.
 *
 * @throws {UsageError} If they make no sense.
 */
export function parseInferOptions(
  args: readonly string[],
): InferCommandOptions | undefined {
  const read = readCommand(command, args);
  if (!read) return undefined;
  const { probability, ...options } = read;
  const { formats } = options;
  if (!probability) return options;
  return { ...options, formats: new Set([...formats, "probability"]) };
}
