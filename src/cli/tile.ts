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
import { EXIT_CODES, quietOption, SLIDES } from "./command_parts.ts";
import { Printer } from "./printer.ts";

interface TileCommandOptions extends TileSlidesOptions {
  readonly quiet: boolean;
}

const command: Command<TileCommandOptions> = {
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

/**
 * The command `tile`: slides and labels in, tiles and masks to train on out. A slide that fails is reported, and the others
 * go on.
 *
 * @returns the exit code.
 * @throws {UsageError} If the command line makes no sense, and whatever concerns all slides.
 */
export async function tile(
  args: readonly string[],
  { signal }: { readonly signal: AbortSignal },
): Promise<number> {
  const options = readCommand(command, args);
  if (!options) {
    console.log(helpOf(command));
    return 0;
  }
  const { labels, out, quiet } = options;
  // The folder is made under another name, beside the one that it gets when it is whole.
  const parent = out.match(/^(.*)[/\\][^/\\]+[/\\]*$/)?.[1] ?? ".";
  await allowFiles([parent || "/"], { action: "write tiles", write: true });
  const slides = await listSlides(options.slides);
  await allowSources(slides.map(({ source }) => source));
  const printer = new Printer({ quiet, notes: true });
  const written = await tileSlides(slides, {
    ...pickGiven(tileOptions, options, givenOptions(args)),
    ...{ labels, out, signal },
    command: ["tile", ...args],
    async onEvent(event: TileEvent) {
      if (event.kind === "added") {
        if (!quiet) console.log(describe(event.slide, event.added));
      } else if (event.kind === "failed") {
        console.error(`tilewise: ${event.error}`);
      } else await printer.print(event);
    },
  });
  if (!written) return 1;
  if (!quiet) console.log(conclude(written, out));
  return written.failed > 0 ? 1 : 0;
}

function describe(
  name: string,
  { tiles, skipped, labeled }: AddedSlide,
): string {
  return `${name}: ${tiles} tile${tiles === 1 ? "" : "s"}, ` +
    `${labeled} with labels, ${skipped} without tissue left out`;
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
  }: ${out}/index.csv${statistics}`;
}
