import { NO_LABELS } from "../options/labels.ts";
import { scaleRule } from "../options/tiling.ts";
import { tileOptions, type TileSlidesOptions } from "../run/tile_options.ts";
import {
  type Command,
  EXIT_CODES,
  helpOf,
  quietOption,
  readCommand,
  SLIDES,
} from "./command.ts";

/** The command line of `tile`, taken apart. */
export interface TileCommandOptions extends TileSlidesOptions {
  readonly slides: readonly string[];
  readonly quiet: boolean;
}

const command: Command<Omit<TileCommandOptions, "slides">> = {
  about: "Cuts slides and their labels into tiles to train on, as PNG.",
  usage: ["tilewise tile SLIDE... --labels FILE --out DIR [options]"],
  slides: SLIDES,
  options: { ...tileOptions, ...quietOption },
  headings: { tile: "Tiles", format: "" },
  end:
    `Writes tiles/NAME_0001.png and masks/NAME_0001.png (0 and 255), index.csv
(slide, place in slide pixels, files, pixels of tissue and of label), and
tiles.json with the mean and deviation of each channel.

${EXIT_CODES}`,
  rules: (options) => [
    [options.labels.length > 0, NO_LABELS],
    [options.out !== "", "No output folder is given: --out DIR is needed"],
    scaleRule(options),
  ],
};

/** What `tile --help` prints. */
export const tileHelp = helpOf(command);

/**
 * Reads the arguments of `tile`; `undefined` where help is asked for.
 *
 * @throws {UsageError} If they make no sense.
 */
export function parseTileOptions(
  args: readonly string[],
): TileCommandOptions | undefined {
  return readCommand(command, args);
}
