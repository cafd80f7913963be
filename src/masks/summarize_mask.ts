import { AtomicFile } from "../io/atomic_file.ts";
import { colorsOf, type MaskClass, severalOf } from "../io/classes.ts";
import type { RunRecord } from "./run_record.ts";
import { uncertaintyOf, type UncertaintySummary } from "./uncertainty.ts";

/** The schema of {@linkcode MaskSummary}; the number increases when a field changes its name or meaning. */
const SUMMARY_SCHEMA = "tilewise-summary/1";

/**
 * Areas of a slide's objects in one unit.
 *
 * @category Summaries
 */
export interface AreaStatistics {
  /** Sum. */
  readonly total: number;
  /** 0 if there is no object. */
  readonly mean: number;
  /** Median. */
  readonly median: number;
  /** Minimum. */
  readonly min: number;
  /** Maximum. */
  readonly max: number;
}

/**
 * Input of {@linkcode summarizeMask}.
 *
 * @category Summaries
 */
export interface MaskSummaryParts {
  /** The slide. */
  readonly slide: {
    readonly name: string;
    readonly width: number;
    readonly height: number;
    readonly mpp?: { readonly x: number; readonly y: number };
    /** Its path, or its URL without a query. */
    readonly path?: string;
    /** Size of its file. */
    readonly bytes?: number;
  };
  /** The run's provenance. */
  readonly run?: RunRecord;
  /** Area of each object in pixels, in any order, as a `Polygonizer` reports it. */
  readonly areas: readonly number[];
  /** Objects below the minimum area, and their total area in pixels. Default: none. */
  readonly small?: { readonly count: number; readonly area: number };
  /** The classes, if there are several, each with its part of `areas` and `small`. Default: one. */
  readonly classes?: readonly (
    & MaskClass
    & Pick<MaskSummaryParts, "areas" | "small">
  )[];
  /** Tiles sent to the network, and tiles skipped as background. */
  readonly tiles: { readonly seen: number; readonly skipped: number };
  /** The region that was looked at. Default: all of the slide. */
  readonly region?: {
    /** Its pixels. */
    readonly areaPx: number;
    /** Its pixels in tiles sent to the network. */
    readonly seenPx: number;
  };
  /** What is uncertain, if probabilities are known. */
  readonly uncertainty?: Omit<
    UncertaintySummary,
    "areaUm2" | "disagreementUm2"
  >;
  /** Options of the run, as recorded. */
  readonly settings?: Readonly<Record<string, unknown>>;
  /** The models, as recorded. */
  readonly model?: unknown;
  /** Warnings of the run, one line each. */
  readonly warnings?: readonly string[];
  /** Milliseconds per stage. */
  readonly milliseconds?: Readonly<Record<string, number>>;
  /** The other files of the results. */
  readonly files?: readonly ResultFile[];
}

/**
 * A file of results, as it was written.
 *
 * @category Summaries
 */
export interface ResultFile {
  /** Its name. */
  readonly name: string;
  /** Its size. */
  readonly bytes: number;
  /** SHA-256 of its contents, in hexadecimal digits. */
  readonly sha256: string;
}

/**
 * What a summary says of one of several classes.
 *
 * @category Summaries
 */
export interface ClassSummary
  extends Required<MaskClass>, Pick<MaskSummary, "objects"> {
  /** Share of the slide's pixels that are of the class, 0 to 1. */
  readonly positiveFraction: number;
}

/**
 * The region of a slide that was looked at; results are clipped to it.
 *
 * @category Summaries
 */
export interface RegionSummary {
  /** Its area in pixels. */
  readonly areaPx: number;
  /** Its area in µm², if the slide's scale is known. */
  readonly areaUm2?: number;
  /** Share of the slide's pixels that are in it, 0 to 1. */
  readonly slideFraction: number;
  /** Share of its pixels in tiles sent to the network: the others have no tissue. */
  readonly seenFraction: number;
  /** Share of its pixels that are foreground. */
  readonly positiveFraction: number;
}

/**
 * A summary of a run, as JSON.
 *
 * @category Summaries
 */
export interface MaskSummary extends
  Omit<
    MaskSummaryParts,
    "areas" | "small" | "classes" | "region" | "uncertainty"
  > {
  /** Name and version of the schema; see docs/results.md. */
  readonly schema: string;
  /** The mask's objects. */
  readonly objects: {
    readonly count: number;
    /** Areas in pixels. */
    readonly areaPx: AreaStatistics;
    /** Areas in µm², if the slide's scale is known. */
    readonly areaUm2?: AreaStatistics;
    /** Objects below the minimum area. */
    readonly leftOut?: number;
  };
  /** Of each class, if there are several, in order. */
  readonly classes?: readonly ClassSummary[];
  /** Share of the slide's pixels that are foreground, 0 to 1. */
  readonly positiveFraction: number;
  /** The region that was looked at, unless it was all of the slide. */
  readonly region?: RegionSummary;
  /** What is uncertain, and so worth a look, if probabilities were read. */
  readonly uncertainty?: UncertaintySummary;
}

/**
 * Summarizes a run: slide, settings, objects, areas, tiles and time.
 *
 * @example
 * ```ts
 * import { summarizeMask } from "@tilewise/tilewise/masks";
 *
 * const summary = summarizeMask({
 *   slide: { name: "kidney", width: 10, height: 10, mpp: { x: 0.5, y: 0.5 } },
 *   areas: [4, 6],
 *   tiles: { seen: 1, skipped: 0 },
 * });
 * console.log(summary.objects.areaUm2?.total, summary.positiveFraction); // 2.5 0.1
 * ```
 *
 * @category Summaries
 */
export function summarizeMask(parts: MaskSummaryParts): MaskSummary {
  const { slide, run, areas, small, tiles, settings, model, milliseconds } =
    parts;
  const { warnings, files, region, uncertainty } = parts;
  const classes = severalOf(parts.classes);
  const colors = colorsOf(classes ?? []);
  const ofObjects = (
    { areas, small }: Pick<MaskSummaryParts, "areas" | "small">,
  ) => objectsOf(areas, { small, slide });
  const all = ofObjects({ areas, small });
  const positivePx = all.objects.areaPx.total + (small?.area ?? 0);
  return {
    schema: SUMMARY_SCHEMA,
    slide: {
      name: slide.name,
      width: slide.width,
      height: slide.height,
      ...(slide.mpp && { mpp: { x: slide.mpp.x, y: slide.mpp.y } }),
      ...(slide.path !== undefined && { path: slide.path }),
      ...(slide.bytes !== undefined && { bytes: slide.bytes }),
    },
    ...(run && { run }),
    ...(settings && { settings }),
    ...(model !== undefined && { model }),
    ...(warnings && { warnings }),
    ...all,
    ...(classes && {
      classes: parts.classes!.map((one, i) => ({
        name: one.name,
        color: colors[i],
        ...ofObjects(one),
      })),
    }),
    ...(region && { region: regionOf(region, slide, positivePx) }),
    ...(uncertainty && { uncertainty: uncertaintyOf(uncertainty, slide) }),
    tiles: { seen: tiles.seen, skipped: tiles.skipped },
    ...(milliseconds && { milliseconds }),
    ...(files && { files }),
  };
}

function objectsOf(
  areas: readonly number[],
  { small, slide }: Pick<MaskSummaryParts, "small" | "slide">,
): Pick<MaskSummary, "objects" | "positiveFraction"> {
  const areaPx = statisticsOf(areas);
  const um2 = slide.mpp && slide.mpp.x * slide.mpp.y;
  return {
    objects: {
      count: areas.length,
      areaPx,
      ...(um2 && { areaUm2: scaled(areaPx, um2) }),
      ...(small && { leftOut: small.count }),
    },
    positiveFraction: (areaPx.total + (small?.area ?? 0)) /
      (slide.width * slide.height),
  };
}

function regionOf(
  { areaPx, seenPx }: NonNullable<MaskSummaryParts["region"]>,
  { width, height, mpp }: MaskSummaryParts["slide"],
  positivePx: number,
): RegionSummary {
  const slidePx = width * height;
  return {
    areaPx,
    ...(mpp && { areaUm2: areaPx * (mpp.x * mpp.y) }),
    slideFraction: areaPx / slidePx,
    seenFraction: seenPx / areaPx,
    positiveFraction: positivePx / areaPx,
  };
}

function statisticsOf(areas: readonly number[]): AreaStatistics {
  const sorted = Float64Array.from(areas).sort();
  const { length } = sorted;
  if (length === 0) return { total: 0, mean: 0, median: 0, min: 0, max: 0 };
  const total = sorted.reduce((sum, area) => sum + area, 0);
  const median = (sorted[(length - 1) >> 1] + sorted[length >> 1]) / 2;
  return {
    total,
    mean: total / length,
    median,
    min: sorted[0],
    max: sorted[length - 1],
  };
}

function scaled(areas: AreaStatistics, factor: number): AreaStatistics {
  return {
    total: areas.total * factor,
    mean: areas.mean * factor,
    median: areas.median * factor,
    min: areas.min * factor,
    max: areas.max * factor,
  };
}

/**
 * Writes a summary as indented JSON, atomically. Deno only.
 *
 * @param path The file, usually `NAME.json`.
 * @throws {Error} If the file cannot be written.
 *
 * @example
 * ```ts
 * import { summarizeMask, writeSummary } from "@tilewise/tilewise/masks";
 *
 * const slide = { name: "kidney", width: 10, height: 10 };
 * const path = await Deno.makeTempFile({ suffix: ".json" });
 * await writeSummary(path, summarizeMask({ slide, areas: [4], tiles: { seen: 1, skipped: 0 } }));
 * await Deno.remove(path);
 * ```
 *
 * @category Summaries
 */
export async function writeSummary(
  path: string,
  summary: MaskSummary,
): Promise<void> {
  await AtomicFile.replace(path, JSON.stringify(summary, null, 2) + "\n");
}
