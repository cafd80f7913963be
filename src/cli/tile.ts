import { type Labels, openLabels } from "../labels/open_labels.ts";
import { openSlide } from "../slide/open_slide.ts";
import { planTiles } from "../tiles/plan_tiles.ts";
import {
  type AddedSlide,
  type TileFolderSummary,
  TileFolderWriter,
} from "../train/data/tile_folder_writer.ts";
import { allowFiles } from "./allow_files.ts";
import { allowSources } from "./allow_sources.ts";
import { checkTiling } from "./check_tiling.ts";
import { listSlides, type SlideEntry } from "./list_slides.ts";
import { findClass, missingClass } from "./missing_class.ts";
import { oneLine } from "./one_line.ts";
import { tellWarnings } from "./tell_warnings.ts";
import { refuseNamesakes } from "./refuse_namesakes.ts";
import { RunContext } from "../run/run_context.ts";
import { startProgress } from "./progress.ts";
import {
  parseTileOptions,
  type TileCommandOptions as TileOptions,
  tileHelp,
} from "./tile_options.ts";

/** A warning names no more slides than these. */
const NAMED = 5;

/**
 * The command `tile`: slides and labels in, tiles and masks to train on out. A slide that fails is reported, and the others
 * go on.
 *
 * @returns the exit code.
 * @throws {UsageError} where the command line makes no sense, and whatever concerns all slides.
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
  checkTiling({ ...options, expansion: 0 });
  const { out, quiet } = options;
  // The folder is made under another name, beside the one that it gets when it is whole.
  const parent = out.match(/^(.*)[/\\][^/\\]+[/\\]*$/)?.[1] ?? ".";
  await allowFiles([parent || "/"], { action: "write tiles", write: true });
  const slides = await listSlides(options.slides);
  refuseNamesakes(slides.filter(({ error }) => error === undefined));
  await allowSources(slides.map(({ source }) => source));
  const labels = await openLabels(options.labels, {
    classification: options.classification,
    onWarning: warn,
  });
  await findClass(labels, options.classification, { slides, signal });
  await using writer = await TileFolderWriter.create(out, {
    size: options.tile,
    downsample: options.downsample,
    mpp: options.mpp,
    fill: options.fill,
    saturation: options.saturation,
    producer: (await RunContext.begin(["tile", ...args])).producer,
  });
  const unused = new Set(labels.ids);
  let done = 0;
  for (const entry of slides) {
    try {
      const { name, added } = await addSlide(entry, writer, {
        labels,
        unused,
        options,
        signal,
      });
      done++;
      added.warnings.forEach(warn);
      if (!quiet) console.log(describe(name, added));
    } catch (error) {
      signal.throwIfAborted();
      console.error(`tilewise: ${oneLine(error)}`);
    }
  }
  if (unused.size > 0) {
    const names = [...unused].slice(0, NAMED).join(", ");
    const more = unused.size - NAMED;
    warn(
      `labels of no slide here: ${names}${more > 0 ? ` and ${more} more` : ""}`,
    );
  }
  if (done === 0) return 1; // and nothing is written
  missingClass(labels, options.classification); // or nothing is written
  const summary = await writer.close();
  if (!quiet) console.log(conclude(summary, out));
  return done < slides.length ? 1 : 0;
}

async function addSlide(
  { source, mpp, error }: SlideEntry,
  writer: TileFolderWriter,
  { labels, unused, options, signal }: {
    labels: Labels;
    unused: Set<string>;
    options: TileOptions;
    signal: AbortSignal;
  },
): Promise<{ name: string; added: AddedSlide }> {
  if (error !== undefined) throw error;
  await using slide = await openSlide(source, {
    mpp: mpp ?? options.slideMpp,
    page: options.page,
    sampleRange: options.sampleRange,
    signal,
  });
  tellWarnings(slide);
  unused.delete(slide.name);
  await using truth = await labels.open(slide, { signal });
  if (!truth) {
    throw new RangeError(
      `Cannot tile "${slide.name}" as it needs labels: received none in ${
        options.labels.join(", ")
      }`,
    );
  }
  const grid = planTiles(slide, {
    size: options.tile,
    expansion: 0,
    downsample: options.downsample,
    mpp: options.mpp,
  });
  const progress = startProgress({
    name: slide.name,
    tiles: grid.count,
    quiet: options.quiet,
  });
  try {
    const added = await writer.add({ slide, labels: truth }, {
      onTile: progress.step,
      signal,
    });
    return { name: slide.name, added };
  } finally {
    await progress.stop();
  }
}

function warn(text: string): void {
  console.error(`tilewise: ${text}`);
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
