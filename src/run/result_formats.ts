import { join } from "node:path";
import { type MaskClass, severalOf } from "../io/classes.ts";
import type { MaskSink } from "../masks/mask_band.ts";
import { OverlaySink } from "../masks/pictures/overlay_sink.ts";
import type { Overview } from "../masks/pictures/overview.ts";
import { PngSink } from "../masks/pictures/png_sink.ts";
import type { ObjectFiles } from "../masks/polygons/object_sink.ts";
import { writeTissue } from "../masks/polygons/tissue_outline.ts";
import { RleSink } from "../masks/rle/rle_sink.ts";
import type { Producer } from "../masks/run_record.ts";
import { type MaskSummary, writeSummary } from "../masks/summarize_mask.ts";
import { TiffSink } from "../masks/tiff/tiff_sink.ts";
import { writeReport } from "../report/write_report.ts";
import type { Slide } from "../slide/slide.ts";
import type { TilePosition } from "../tiles/plan_tiles.ts";
import type { KeptProbability } from "./pack_tile.ts";

/**
 * A format of results.
 *
 * @category Results
 */
export type Format =
  | "rle"
  | "tiff"
  | "png"
  | "geojson"
  | "objects"
  | "json"
  | "html"
  | "tissue"
  | "probability";

/**
 * A format of results: its files, their sinks, and what these need.
 *
 * @category Results
 */
export interface ResultFormat {
  /** The suffixes of its files, after the slide's name. */
  readonly suffixes: readonly string[];
  /** The suffixes of its files if there are several classes. Default: `suffixes`. */
  readonly suffixesOf?: (classes: readonly MaskClass[]) => readonly string[];
  /** Whether it is written only on request. Default: false. */
  readonly extra?: boolean;
  /** Whether it shows the slide's picture. Default: false. */
  readonly overview?: boolean;
  /** The probabilities that it needs: of objects, or of all pixels. Default: none. */
  readonly probability?: "objects" | "everywhere";
  /** The file of the objects' sink that it is: objects are traced once. */
  readonly objects?: keyof ObjectFiles;
  /** Its file for all slides of a folder, and how to recognize it. */
  readonly batch?: { readonly name: string; readonly own: RegExp };
  /** Makes sinks for the bands of the mask. */
  sinks?(slide: SlideResult): readonly MaskSink[];
  /** Writes files once the mask is complete. */
  finish?(result: FinishedResult): Promise<void>;
}

/**
 * A slide whose results are written.
 *
 * @category Results
 */
export interface SlideResult {
  /** The slide. */
  readonly slide: Pick<Slide, "name" | "width" | "height" | "mpp">;
  /** The classes of its mask, if there are several. */
  readonly classes?: readonly MaskClass[];
  /** Pixels of the region that was looked at. Default: it was all of the slide. */
  readonly regionPx?: number;
  /** Its picture, if a format needs it. */
  readonly overview?: Overview;
  /** The run, to be recorded in files. */
  readonly producer: Producer;
  /** The path of the file with a suffix. */
  path(suffix: string): string;
}

/**
 * A slide whose mask is complete.
 *
 * @category Results
 */
export interface FinishedResult extends SlideResult {
  /** Its summary. */
  readonly summary: MaskSummary;
  /** Areas of its objects in pixels. */
  readonly areas: readonly number[];
  /** Its tiles with tissue, in row-major order. */
  readonly tiles: readonly TilePosition[];
  /** Names of its files. */
  readonly files: readonly string[];
}

/**
 * All formats, by name. `json` is written last: to `resume`, it means that all results are complete.
 *
 * @category Results
 */
export const resultFormats: { readonly [F in Format]: ResultFormat } = {
  rle: {
    suffixes: ["rle.csv"],
    sinks: ({ slide: { name: id, width, height }, classes, path }) => [
      new RleSink(path("rle.csv"), { id, width, height, classes }),
    ],
  },
  tiff: {
    suffixes: ["mask.tif"],
    sinks: ({ path, ...of }) => [new TiffSink(path("mask.tif"), imageOf(of))],
  },
  png: {
    suffixes: ["mask.png", "overlay.png"],
    overview: true,
    sinks: (
      { slide: { width, height }, classes, overview, producer, path },
    ) => [
      new PngSink(path("mask.png"), { width, height, classes, producer }),
      new OverlaySink(path("overlay.png"), { overview: overview!, producer }),
    ],
  },
  geojson: {
    suffixes: ["geojson"],
    objects: "geojson",
    probability: "objects",
  },
  objects: {
    suffixes: ["objects.csv"],
    objects: "csv",
    probability: "objects",
    batch: { name: "objects.csv", own: /^slide,/ },
  },
  json: {
    suffixes: ["json"],
    finish: ({ summary, path }) => writeSummary(path("json"), summary),
  },
  html: {
    suffixes: ["html"],
    overview: true,
    batch: {
      name: "index.html",
      own: /<meta name="generator" content="Tilewise/,
    },
    finish: ({ summary, areas, overview, files, path }) =>
      writeReport(path("html"), {
        summary,
        areas,
        overview: overview!,
        files: files.filter((file) => file !== `${summary.slide.name}.html`),
      }),
  },
  tissue: {
    suffixes: ["tissue.geojson"],
    extra: true,
    finish: ({ slide: { width, height }, tiles, producer, path }) =>
      writeTissue(path("tissue.geojson"), { width, height, tiles, producer }),
  },
  probability: {
    suffixes: ["probability.tif"],
    suffixesOf: (classes) => classes.map((_, i) => `probability-${i + 1}.tif`),
    extra: true,
    probability: "everywhere",
    sinks: ({ path, ...of }) =>
      suffixesOf("probability", of).map((suffix, i) =>
        new TiffSink(path(suffix), {
          ...imageOf(of),
          content: "probability",
          class: of.classes && i + 1,
        })
      ),
  },
};

/** The suffixes of a format's files. */
export function suffixesOf(
  format: Format,
  { classes }: { readonly classes?: readonly MaskClass[] },
): readonly string[] {
  const { suffixes, suffixesOf } = resultFormats[format];
  const several = severalOf(classes);
  return several && suffixesOf ? suffixesOf(several) : suffixes;
}

/** The names of all formats. */
export const FORMATS = Object.keys(resultFormats) as readonly Format[];

/** The default formats. */
export const USUAL_FORMATS: ReadonlySet<Format> = new Set(
  FORMATS.filter((name) => !resultFormats[name].extra),
);

/** What formats need of a run: the slide's picture, and probabilities of no pixel, of the mask's, or of all. */
export function neededBy(
  formats: ReadonlySet<Format>,
): { readonly overview: boolean; readonly probability: KeptProbability } {
  const kinds = [...formats].map((format) => resultFormats[format]);
  const kept = kinds.map(({ probability }) => probability);
  return {
    overview: kinds.some(({ overview }) => overview),
    probability: kept.includes("everywhere")
      ? "everywhere"
      : kept.includes("objects")
      ? "objects"
      : "none",
  };
}

/**
 * The files that a run writes for a slide.
 *
 * @category Results
 */
export function resultFiles(
  name: string,
  { out, formats, classes }: {
    readonly out: string;
    readonly formats: Iterable<Format>;
    /** The classes, if there are several. */
    readonly classes?: readonly MaskClass[];
  },
): string[] {
  return [...formats].flatMap((format) =>
    suffixesOf(format, { classes }).map((suffix) =>
      join(out, `${name}.${suffix}`)
    )
  );
}

/** Whether a file has the name of a result, so that it is not a slide. */
export function isResult(path: string): boolean {
  return FORMATS.flatMap((format) => resultFormats[format].suffixes)
    .some((suffix) => path.toLowerCase().endsWith(`.${suffix}`)) ||
    /\.probability-\d{1,3}\.tif$/i.test(path);
}

/** What sinks of images need of a slide. */
export function imageOf(
  { slide, classes, producer }: Omit<SlideResult, "path">,
) {
  const { name, width, height, mpp } = slide;
  return { name, width, height, mpp, classes, producer };
}
