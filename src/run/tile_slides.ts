import { type Labels, openLabels } from "../labels/open_labels.ts";
import {
  type LabelOptions,
  labelOptions,
  type OpeningOptions,
  openingOptions,
} from "../options/labels.ts";
import {
  choice,
  number,
  type OptionsOf,
  text,
  withDefaults,
} from "../options/option.ts";
import {
  type ReadingOptions,
  readingOptions,
  type ScaleOptions,
  scaleOptions,
  trainingTilingOptions,
} from "../options/tiling.ts";
import { openSlide } from "../slide/open_slide.ts";
import { planTiles } from "../tiles/plan_tiles.ts";
import {
  type AddedSlide,
  type TileFolderSummary,
  TileFolderWriter,
} from "../train/data/tile_folder_writer.ts";
import { checkTiling } from "./infer_options.ts";
import { listSlides, type SlideEntry } from "./list_slides.ts";
import { findClass, missingClass } from "./missing_class.ts";
import { refuseNamesakes } from "./output_folder.ts";
import {
  endless,
  type JobOptions,
  oneLine,
  RunContext,
  type RunEvent,
  untold,
} from "./run_context.ts";

/** How slides and labels are cut into tiles to train on. */
export interface TileSlidesOptions
  extends
    LabelOptions,
    ScaleOptions,
    OpeningOptions,
    Pick<ReadingOptions, "fill"> {
  /** Where tiles go; must be new or empty, and gets its name when all is written. */
  readonly out: string;
  /** Side of a tile in pixels after downsampling, a multiple of 32. Default: 1024. */
  readonly tile: number;
  /** HSV saturation, 0 to 255, above which a pixel is tissue. Default: 40. */
  readonly saturation: number;
  /** The pictures' format. Default: png. */
  readonly format: "png";
}

/** How slides and labels are cut, as options. */
export const tileOptions: OptionsOf<TileSlidesOptions> = {
  ...labelOptions,
  out: text({
    value: "DIR",
    default: "",
    help: "where tiles go; must be new or empty, and gets its name when all " +
      "is written",
  }),
  tile: {
    ...trainingTilingOptions.tile,
    help: "side in pixels after downsampling, a multiple of 32 (default: 1024)",
  },
  ...scaleOptions,
  ...openingOptions,
  fill: readingOptions.fill,
  saturation: number({
    default: 40,
    least: 0,
    most: 255,
    help: "HSV saturation, 0 to 255, above which a pixel is tissue; a tile " +
      "needs more than 1000 (N/256)² such pixels, N being its side " +
      "(default: 40)",
  }),
  format: choice({ value: "FORMAT", choices: ["png"], help: "png" }),
};

/** A warning names no more slides than these. */
const NAMED = 5;

/** What {@linkcode tileSlides} tells while it works. */
export type TileEvent =
  | RunEvent
  /** A slide is cut. */
  | {
    readonly kind: "added";
    readonly slide: string;
    readonly added: AddedSlide;
  }
  /** A slide failed; the others go on. */
  | { readonly kind: "failed"; readonly error: string };

/** How {@linkcode tileSlides} works, and where tiles go. */
export interface TileJobOptions
  extends
    Partial<Omit<TileSlidesOptions, "labels" | "out">>,
    Pick<TileSlidesOptions, "labels" | "out">,
    Omit<JobOptions, "onEvent"> {
  /** Told what happens. Default: nobody is. */
  readonly onEvent?: (event: TileEvent) => void | Promise<void>;
}

/** What {@linkcode tileSlides} wrote. */
export interface TiledSlides extends TileFolderSummary {
  /** How many slides failed. */
  readonly failed: number;
}

interface Parts {
  readonly labels: Labels;
  /** Ids of labels that no slide has had yet. */
  readonly unused: Set<string>;
  readonly options: TileSlidesOptions;
  tell(event: TileEvent): void | Promise<void>;
  readonly signal: AbortSignal;
}

/**
 * Cuts slides and their labels into tiles and masks to train on, as PNG. A slide that fails is told, and the others go on.
 * Deno only.
 *
 * @example
 * ```ts ignore
 * import { tileSlides } from "@tilewise/tilewise/run";
 *
 * const written = await tileSlides(["slides"], { labels: ["train.csv"], out: "tiles", tile: 512 });
 * console.log(written?.tiles, written?.mean);
 * ```
 *
 * @returns what was written; `undefined`, and nothing is written, if every slide failed.
 * @throws {RangeError} If no label is of the class that is asked for.
 */
export async function tileSlides(
  sources: readonly (string | SlideEntry)[],
  given: TileJobOptions,
): Promise<TiledSlides | undefined> {
  const { onEvent: tell = untold, signal = endless() } = given;
  const options = withDefaults(tileOptions, given);
  checkTiling({ ...options, expansion: 0 });
  const slides = await listSlides(sources);
  refuseNamesakes(slides.filter(({ error }) => error === undefined));
  const labels = await openLabels(options.labels, {
    classification: options.classification,
    onWarning: (text) => void tell({ kind: "note", text }),
  });
  await findClass(labels, options.classification, { slides, signal });
  const context = await RunContext.begin(given.command ?? []);
  await using writer = await TileFolderWriter.create(options.out, {
    size: options.tile,
    downsample: options.downsample,
    mpp: options.mpp,
    fill: options.fill,
    saturation: options.saturation,
    producer: context.producer,
  });
  const unused = new Set(labels.ids);
  const parts: Parts = { labels, unused, options, tell, signal };
  let done = 0;
  for (const entry of slides) {
    try {
      const { name, added } = await addSlide(entry, writer, parts);
      done++;
      for (const text of added.warnings) await tell({ kind: "note", text });
      await tell({ kind: "added", slide: name, added });
    } catch (error) {
      signal.throwIfAborted();
      await tell({ kind: "failed", error: oneLine(error) });
    }
  }
  if (unused.size > 0) {
    const names = [...unused].slice(0, NAMED).join(", ");
    const more = unused.size > NAMED ? ` and ${unused.size - NAMED} more` : "";
    await tell({
      kind: "note",
      text: `labels of no slide here: ${names}${more}`,
    });
  }
  if (done === 0) return undefined;
  missingClass(labels, options.classification); // or nothing is written
  return { ...await writer.close(), failed: slides.length - done };
}

async function addSlide(
  { source, mpp, error }: SlideEntry,
  writer: TileFolderWriter,
  { labels, unused, options, tell, signal }: Parts,
): Promise<{ readonly name: string; readonly added: AddedSlide }> {
  if (error !== undefined) throw error;
  await using slide = await openSlide(source, {
    mpp: mpp ?? options.slideMpp,
    page: options.page,
    sampleRange: options.sampleRange,
    signal,
  });
  const { name, warnings = [] } = slide;
  for (const text of warnings) await tell({ kind: "note", slide: name, text });
  unused.delete(name);
  await using truth = await labels.open(slide, { signal });
  if (!truth) {
    throw new RangeError(
      `Cannot tile "${name}" as it needs labels: received none in ${
        options.labels.join(", ")
      }`,
    );
  }
  const { count } = planTiles(slide, {
    size: options.tile,
    expansion: 0,
    downsample: options.downsample,
    mpp: options.mpp,
  });
  await tell({ kind: "tiles", slide: name, tiles: count });
  try {
    const added = await writer.add({ slide, labels: truth }, {
      onTile: () => void tell({ kind: "tile" }),
      signal,
    });
    return { name, added };
  } finally {
    await tell({ kind: "tiled" });
  }
}
