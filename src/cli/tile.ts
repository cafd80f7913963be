import { dirname, join } from "node:path";
import { printable } from "../errors/cannot.ts";
import { type Command, helpOf, readCommand } from "../options/command.ts";
import { NO_LABELS } from "../options/labels.ts";
import { pickGiven } from "../options/option.ts";
import { givenOptions } from "../options/parse_options.ts";
import { scaleRule } from "../options/tiling.ts";
import { listSlides } from "../run/list_slides.ts";
import {
  type TileEvent,
  tileOptions,
  tileSlides,
  type TileSlidesOptions,
} from "../run/tile_slides.ts";
import type {
  AddedSlide,
  TileFolderSummary,
} from "../train/data/tile_folder_writer.ts";
import { allowFiles, allowSources } from "./allow_files.ts";
import { printError, printLine, printLines } from "./print.ts";
import { EXIT_CODES, Printer, quietOption, SLIDES } from "./printer.ts";

interface TileCommandOptions extends TileSlidesOptions {
  readonly quiet: boolean;
}

const command: Command<TileCommandOptions> = {
  about: "Cuts slides and labels into PNG tiles for training.",
  usage: ["tilewise tile SLIDE... --labels FILE --out DIR [options]"],
  slides: SLIDES,
  options: { ...tileOptions, ...quietOption },
  headings: { tile: "Tiles", format: "" },
  end:
    `Writes tiles/NAME_0001.png and masks/NAME_0001.png (0 and 255; of several
classes their numbers, shown in their colors), index.csv (slide, position in slide pixels, files, pixels of tissue and of label), and
tiles.json with the mean and standard deviation of each channel.

${EXIT_CODES}`,
  rules: (options) => [
    [options.labels.length > 0, NO_LABELS],
    [options.out !== "", "No output folder given: add --out DIR"],
    scaleRule(options),
  ],
};

/**
 * The command `tile`: cuts slides and labels into tiles for training. If a slide fails, the error is printed and the others
 * continue.
 *
 * @returns the exit code.
 * @throws {UsageError} If the command line is invalid.
 * @throws {Error} If no slide can be cut.
 */
export async function tile(
  args: readonly string[],
  { signal }: { readonly signal: AbortSignal },
): Promise<number> {
  const options = readCommand(command, args);
  if (!options) {
    printLines(helpOf(command));
    return 0;
  }
  const { labels, out, quiet } = options;
  // The folder is created next to its final place, and renamed when it is complete.
  await allowFiles([dirname(out)], { action: "write tiles", write: true });
  const slides = await listSlides(options.slides);
  await allowSources(slides.map(({ source }) => source));
  const printer = new Printer({ quiet, notes: true });
  const written = await tileSlides(slides, {
    ...pickGiven(tileOptions, options, givenOptions(args)),
    ...{ labels, out, signal },
    command: ["tile", ...args],
    async onEvent(event: TileEvent) {
      if (event.kind === "added") {
        if (!quiet) printLine(describe(event.slide, event.added));
      } else if (event.kind === "failed") {
        printError(`tilewise: ${event.error}`);
      } else await printer.print(event);
    },
  });
  if (!written) return 1;
  if (!quiet) printLines(conclude(written, out));
  return written.failed > 0 ? 1 : 0;
}

function describe(
  name: string,
  { tiles, skipped, labeled }: AddedSlide,
): string {
  return `${name}: ${tiles} tile${tiles === 1 ? "" : "s"}, ` +
    `${labeled} with labels, ${skipped} without tissue skipped`;
}

function conclude(
  { tiles, slides, mean, std }: TileFolderSummary,
  out: string,
): string {
  const digits = (values: readonly number[] = []) =>
    values.map((value) => value.toFixed(4)).join(" ");
  const statistics = mean ? `\nmean ${digits(mean)}\nstd  ${digits(std)}` : "";
  return `${tiles} tiles of ${slides.length} slide${
    slides.length === 1 ? "" : "s"
  }: ${printable(join(out, "index.csv"))}${statistics}`;
}
