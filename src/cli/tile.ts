import { pickGiven } from "../options/option.ts";
import { listSlides } from "../run/list_slides.ts";
import { tileOptions } from "../run/tile_options.ts";
import { type TileEvent, tileSlides } from "../run/tile_slides.ts";
import type {
  AddedSlide,
  TileFolderSummary,
} from "../train/data/tile_folder_writer.ts";
import { allowFiles, allowSources } from "./allow_files.ts";
import { givenOptions } from "./given_options.ts";
import { Printer } from "./printer.ts";
import { parseTileOptions, tileHelp } from "./tile_options.ts";

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
  const options = parseTileOptions(args);
  if (!options) {
    console.log(tileHelp);
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
