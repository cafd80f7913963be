import { basename, dirname, join } from "node:path";
import { cannot } from "../errors/cannot.ts";
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
import { withColors } from "./evaluated_classes.ts";
import { checkTiling } from "./infer_options.ts";
import { listSlides, type SlideEntry } from "./list_slides.ts";
import { findClass, missingClass } from "./missing_class.ts";
import {
  leaseResults,
  makeFolder,
  refuseNames,
  refuseNamesakes,
} from "./output_folder.ts";
import { requestedClasses } from "./requested_classes.ts";
import {
  endless,
  type JobOptions,
  oneLine,
  quoted,
  RunContext,
  type RunEvent,
  untold,
} from "./run_context.ts";

/**
 * Settings for cutting slides and labels into tiles.
 *
 * @category Training
 */
export interface TileSlidesOptions
  extends
    LabelOptions,
    ScaleOptions,
    OpeningOptions,
    Pick<ReadingOptions, "fill"> {
  /** The folder of the tiles: new or empty; it gets its name once it is complete. */
  readonly out: string;
  /** Tile size in pixels after downsampling, a multiple of 32. Default: 1024. */
  readonly tile: number;
  /** HSV saturation, 0 to 255, above which a pixel is tissue. Default: 40. */
  readonly saturation: number;
  /** Image format. Default: png. */
  readonly format: "png";
}

/** Settings for cutting slides and labels, as options. */
export const tileOptions: OptionsOf<TileSlidesOptions> = {
  ...labelOptions,
  out: text({
    value: "DIR",
    default: "",
    help: "folder of the tiles: new or empty; it gets its name once it is " +
      "complete",
  }),
  tile: {
    ...trainingTilingOptions.tile,
    help:
      "tile size in pixels after downsampling, a multiple of 32 (default: " +
      "1024)",
  },
  ...scaleOptions,
  ...openingOptions,
  fill: readingOptions.fill,
  saturation: number({
    default: 40,
    least: 0,
    most: 255,
    help: "HSV saturation, 0 to 255, above which a pixel is tissue; a tile " +
      "of side N needs more than 1000 (N/256)² such pixels (default: 40)",
  }),
  format: choice({
    value: "FORMAT",
    choices: ["png"],
    help: "image format: png",
  }),
};

/** Maximum number of slides that a note names. */
const NAMED = 5;

/**
 * Events of {@linkcode tileSlides}.
 *
 * @category Training
 */
export type TileEvent =
  | RunEvent
  /** A slide is cut. */
  | {
    readonly kind: "added";
    readonly slide: string;
    readonly added: AddedSlide;
  }
  /** A slide failed; the others continue. */
  | { readonly kind: "failed"; readonly error: string };

/**
 * Options for {@linkcode tileSlides}.
 *
 * @category Training
 */
export interface TileJobOptions
  extends
    Partial<Omit<TileSlidesOptions, "labels" | "out">>,
    Pick<TileSlidesOptions, "labels" | "out">,
    Omit<JobOptions, "onEvent"> {
  /** Called with each event. Default: none. */
  readonly onEvent?: (event: TileEvent) => void | Promise<void>;
}

/**
 * The result of {@linkcode tileSlides}.
 *
 * @category Training
 */
export interface TiledSlides extends TileFolderSummary {
  /** Number of failed slides. */
  readonly failed: number;
}

interface Parts {
  readonly labels: Labels;
  /** Ids of labels without a slide so far. */
  readonly unused: Set<string>;
  readonly options: TileSlidesOptions;
  tell(event: TileEvent): void | Promise<void>;
  readonly signal: AbortSignal;
}

/**
 * Cuts slides and labels into PNG tiles and masks for training. If a slide fails, an event reports it and the others
 * continue. Deno only.
 *
 * @example
 * ```ts ignore
 * import { tileSlides } from "@tilewise/tilewise/run";
 *
 * const written = await tileSlides(["slides"], { labels: ["train.csv"], out: "tiles", tile: 512 });
 * console.log(written?.tiles, written?.mean);
 * ```
 *
 * @returns a summary; `undefined` if every slide failed, and nothing is written.
 * @throws {RangeError} If no label has the given class.
 *
 * @category Training
 */
export async function tileSlides(
  sources: readonly (string | SlideEntry)[],
  given: TileJobOptions,
): Promise<TiledSlides | undefined> {
  const { onEvent: tell = untold, signal: stop = endless() } = given;
  const options = withDefaults(tileOptions, given);
  checkTiling({ ...options, expansion: 0 });
  const slides = await listSlides(sources);
  const named = slides.filter(({ error }) => error === undefined);
  refuseNamesakes(named);
  refuseNames(named, { more: "_9999999.png".length });
  const labels = await openLabels(options.labels, {
    ...requestedClasses(options),
    unlabeled: options.unlabeled,
    onWarning: (text) => void tell({ kind: "note", text }),
  });
  await findClass(labels, options.classification, { slides, signal: stop });
  const context = await RunContext.begin(given.command ?? []);
  const folder = dirname(options.out);
  await using _folder = await makeFolder(folder, "tiles");
  await using lease = await leaseResults(
    join(folder, `.${basename(options.out)}.lock`),
    {
      action: `write tiles to "${options.out}"`,
      ...{ context, signal: stop },
    },
  );
  const signal = AbortSignal.any([stop, lease.lost]);
  await using writer = await TileFolderWriter.create(options.out, {
    size: options.tile,
    downsample: options.downsample,
    mpp: options.mpp,
    classes: typeof options.classification === "object"
      ? withColors(options.classification, { labels })
      : undefined,
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
      text: `labels without a slide: ${names}${more}`,
    });
  }
  if (done === 0) return undefined;
  missingClass(labels, options.classification); // throws, and nothing is written
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
    throw cannot(
      `tile "${name}"`,
      `it has no labels in ${quoted(options.labels)}`,
      { kind: RangeError },
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
