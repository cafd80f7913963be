import { basename, join } from "node:path";
import { AtomicFile } from "../io/atomic_file.ts";
import { severalOf } from "../io/classes.ts";
import type { Overview } from "../masks/pictures/overview.ts";
import type { MaskPolygon } from "../masks/polygons/outline.ts";
import type { RunRecord } from "../masks/run_record.ts";
import { stitchBands } from "../masks/stitch/stitch_bands.ts";
import {
  type MaskSummary,
  type MaskSummaryParts,
  summarizeMask,
} from "../masks/summarize_mask.ts";
import { writeBands } from "../masks/write_mask.ts";
import { tap } from "../tiles/area_downsample.ts";
import type { TilePosition } from "../tiles/plan_tiles.ts";
import project from "../../deno.json" with { type: "json" };
import { describeFiles } from "./batch_results.ts";
import type { InferOptions } from "./infer_options.ts";
import type { JournalTile } from "./pack_tile.ts";
import {
  FORMATS,
  neededBy,
  resultFiles,
  resultFormats,
} from "./result_formats.ts";
import { resultSinks } from "./result_sinks.ts";
import { isUncertain } from "./uncertainty.ts";

/** What the results of a slide say that follows from the slide, the settings and the models alone. */
export interface SlideFacts {
  /** The slide. */
  readonly slide: {
    readonly name: string;
    readonly width: number;
    readonly height: number;
    readonly mpp?: { readonly x: number; readonly y: number };
    readonly bytes?: number;
  };
  /** Settings, as recorded; with the fingerprint. */
  readonly settings: Readonly<Record<string, unknown>> & {
    readonly fingerprint?: string;
  };
  /** Models, as recorded. */
  readonly model: unknown;
  /** Warnings of the run, a line each. */
  readonly warnings: readonly string[];
}

/** What the results of a slide say of one run of it. */
export interface RunFacts {
  /** The run. */
  readonly run: RunRecord;
  /** The slide's path, or URL without a query. */
  readonly path: string;
  /** How the networks shared the GPU's memory, if they took turns. */
  readonly memory?: string;
  /** Milliseconds per stage. */
  readonly milliseconds: Readonly<Record<string, number>>;
  /** The runs of the parts that it was merged from. */
  readonly parts?: readonly unknown[];
}

/** Options for {@linkcode writeResults}. */
export interface WriteResultsOptions {
  /** The settings, with the folder of the results. */
  readonly options: InferOptions;
  /** Facts that all runs share. */
  readonly facts: SlideFacts;
  /** The id of the run, for files that name it; those that name none have the fingerprint instead. */
  readonly run?: string;
  /** The slide's picture, complete after the last tile, if a format needs it. */
  readonly overview?: Overview;
  /** Pixels of the region that is looked at. Default: all of the slide is. */
  readonly regionPx?: number;
  /** Pixels of the region in tiles with tissue, called after the last one. */
  readonly seenPx?: () => number;
  /** The numbers of tiles, called after the last one. */
  readonly tiles: () => MaskSummaryParts["tiles"];
  /** Facts about the run, called when masks are written; they go to `NAME.run.json` with `options.reproducible`. */
  readonly onWritten: () => Promise<RunFacts>;
  /** Called with each object. */
  readonly onObject?: (object: MaskPolygon) => void;
  /** Stops early; no file is left. */
  readonly signal?: AbortSignal;
}

/**
 * Writes all results of a slide: of a run, or of tiles that others have computed.
 *
 * @param predictions Finished tiles, in row-major order.
 * @throws {RangeError} If `minArea` is in µm² and the slide has no scale.
 */
export async function writeResults(
  predictions: AsyncIterable<JournalTile>,
  { options, facts, signal, ...of }: WriteResultsOptions,
): Promise<MaskSummary> {
  const { formats, out, reproducible } = options;
  const { slide, settings } = facts;
  const { regionPx, seenPx } = of;
  const { width, height, name } = slide;
  const classes = severalOf(options.classes);
  const counts = (classes ?? [undefined]).map(() => {
    return { areas: [] as number[], small: { count: 0, area: 0 } };
  });
  const countOf = (object: MaskPolygon) => counts[(object.class ?? 1) - 1];
  const areas: number[] = [];
  const uncertainty: {
    areaPx: number;
    objects: number;
    disagreementPx?: number;
  } = { areaPx: 0, objects: 0 };
  const run = reproducible ? undefined : of.run;
  const result = {
    ...{ slide, classes, regionPx },
    overview: of.overview,
    producer: {
      version: project.version,
      run: run ?? settings.fingerprint?.slice(0, 16) ?? "unknown",
    },
    path: (suffix: string) => join(out, `${name}.${suffix}`),
  };
  const sinks = resultSinks(result, {
    ...options,
    onObject(object) {
      areas.push(object.area);
      if (isUncertain(object, options.threshold)) uncertainty.objects++;
      countOf(object).areas.push(object.area);
      of.onObject?.(object);
    },
    onSmallObject(object) {
      const { small } = countOf(object);
      small.count++;
      small.area += object.area;
    },
  });
  // Of several classes, those of each are everywhere.
  const { probability } = neededBy(formats);
  const everywhere = probability === "everywhere" && !classes;
  const tiles: TilePosition[] = [];
  const noted = tap(predictions, (one) => {
    const { tile, uncertainPx = 0, disagreementPx } = one;
    uncertainty.areaPx += uncertainPx;
    if (disagreementPx !== undefined) {
      uncertainty.disagreementPx ??= 0;
      uncertainty.disagreementPx += disagreementPx;
    }
    if (formats.has("tissue")) tiles.push(positionOf(tile));
  });
  const bands = stitchBands(noted, {
    ...{ width, height, signal },
    probability: everywhere ? "everywhere" : "objects",
  });
  await writeBands(bands, sinks, { signal });
  const { path, memory, parts, ...record } = await of.onWritten();
  const small = {
    count: counts.reduce((sum, { small }) => sum + small.count, 0),
    area: counts.reduce((sum, { small }) => sum + small.area, 0),
  };
  const summary = summarizeMask({
    ...facts,
    ...{ areas, small, tiles: of.tiles() },
    classes: classes?.map((one, i) => ({ ...one, ...counts[i] })),
    region: regionPx === undefined
      ? undefined
      : { areaPx: regionPx, seenPx: seenPx?.() ?? 0 },
    uncertainty: probability === "none" ? undefined : uncertainty,
    ...(!reproducible && {
      ...record,
      slide: { ...slide, path },
      settings: { ...settings, memory },
    }),
  });
  const paths = resultFiles(name, options);
  const files = paths.map((file) => basename(file));
  const finished = { ...result, areas, tiles, files };
  const kinds = FORMATS.filter((format) => formats.has(format))
    .map((format) => resultFormats[format]);
  // `json` comes last: to `resume`, it means that all results are complete.
  const { json, ...others } = resultFormats;
  for (const kind of Object.values(others)) {
    if (kinds.includes(kind)) await kind.finish?.({ ...finished, summary });
  }
  if (reproducible) {
    const text = JSON.stringify({ path, memory, ...record, parts }, null, 2);
    await AtomicFile.replace(result.path("run.json"), `${text}\n`);
  }
  if (!kinds.includes(json)) return summary;
  const whole = { ...summary, files: await describeFiles(paths) };
  await json.finish!({ ...finished, summary: whole });
  return whole;
}

/** A tile's place, without its pixels. */
function positionOf(
  { index, column, row, x, y, size, expansion, downsample }: TilePosition,
): TilePosition {
  return { index, column, row, x, y, size, expansion, downsample };
}
