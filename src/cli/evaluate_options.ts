import { NO_LABELS } from "../options/labels.ts";
import { scaleRule } from "../options/tiling.ts";
import {
  type EvaluateOptions,
  evaluateOptions,
} from "../run/evaluate_options.ts";
import { type Command, helpOf, readCommand } from "../options/command.ts";
import { EXIT_CODES, quietOption, SLIDES } from "./command_parts.ts";

/** The command line of `evaluate`, taken apart. */
export interface EvaluateCommandOptions extends EvaluateOptions {
  readonly slides: readonly string[];
  readonly quiet: boolean;
}

const command: Command<Omit<EvaluateCommandOptions, "slides" | "preferred">> = {
  about: "Compares what is found in slides with their labels.",
  usage: [
    "tilewise evaluate SLIDE... --labels FILE --weights FILE [options]",
    "tilewise evaluate SLIDE... --labels FILE --predicted PATH [options]",
  ],
  slides: SLIDES,
  options: { ...evaluateOptions, ...quietOption },
  headings: {
    arch: "With --weights; lengths in pixels after downsampling; where the " +
      "weights say what they were trained with, that is the default of tile, " +
      "expansion and scale",
    overwrite: "",
  },
  end: EXIT_CODES,
  rules: (options) => {
    const { labels, weights, predicted, seams } = options;
    const both = predicted !== undefined ? ", not both" : "";
    return [
      [labels.length > 0, NO_LABELS],
      [
        (weights.length > 0) !== (predicted !== undefined),
        `Predictions come from a model or from files: --weights FILE or --predicted PATH is needed${both}`,
      ],
      [
        !seams || predicted === undefined,
        "--seams runs a model: --weights FILE is needed",
      ],
      scaleRule(options),
    ];
  },
};

/** What `evaluate --help` prints. */
export const evaluateHelp = helpOf(command);

/**
 * Reads the arguments of `evaluate`; `undefined` where help is asked for.
 *
 * @throws {UsageError} If they make no sense.
 */
export function parseEvaluateOptions(
  args: readonly string[],
): EvaluateCommandOptions | undefined {
  return readCommand(command, args);
}
