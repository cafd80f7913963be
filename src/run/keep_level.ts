import { basename, dirname, join } from "node:path";
import { cannot } from "../errors/cannot.ts";
import { severalOf } from "../io/classes.ts";
import { cutMaps } from "../masks/cut_maps.ts";
import { withDefaults } from "../options/option.ts";
import { openSlide } from "../slide/open_slide.ts";
import type { Slide } from "../slide/slide.ts";
import { readMapRun } from "../view/levels/read_map_run.ts";
import { isThere, readSummary } from "./find_results.ts";
import { inferOptions } from "./infer_options.ts";
import { levelFolder } from "./level_folder.ts";
import type { JournalTile } from "./pack_tile.ts";
import { type Format, resultFiles } from "./result_formats.ts";
import { RunContext } from "./run_context.ts";
import { writeResults } from "./write_results.ts";

/** What is written: all that needs no picture of the slide and no other probabilities. */
const FORMATS: readonly Format[] = [
  ...["rle", "tiff", "geojson", "objects", "json"] as const,
];

/** Side of the tiles in which maps are read: that of the blocks that `infer` writes. */
const SIDE = 512;

/**
 * Writes what `infer` would have written at another threshold, from the probability maps that it wrote: into a folder
 * `threshold-0.62` beside them, under the slide's name, so that all that reads results finds them there.
 *
 * @param maps `NAME.probability.tif`, or `NAME.probability-1.tif` and so on, with `NAME.json` beside them.
 * @returns The folder, and the names of the files.
 * @throws {RangeError} If their run is unknown, or they have not the slide's size.
 * @throws {Error} If there are such results, or they cannot be written.
 */
export async function keepLevel(
  maps: readonly string[],
  { threshold, signal }: {
    readonly threshold: number;
    /** Stops early; nothing is left. */
    readonly signal?: AbortSignal;
  },
): Promise<{ readonly folder: string; readonly files: readonly string[] }> {
  const action = `keep results at threshold ${threshold}`;
  const place = maps[0].replace(/\.probability(?:-\d{1,3})?\.tif$/i, "");
  const run = await readMapRun(maps);
  const summary = await readSummary(`${place}.json`, basename(place));
  if (!run || !summary) {
    throw cannot(
      action,
      `"${place}.json" beside the probability map must have the run's settings; run infer --probability, which writes both`,
      { kind: RangeError },
    );
  }
  const { slide, region, tiles, warnings = [] } = summary;
  const classes = severalOf(run.classes);
  const out = join(dirname(place), levelFolder(threshold));
  const formats = new Set(FORMATS);
  const options = withDefaults(inferOptions, {
    ...{ out, formats, classes, threshold },
    className: run.classes[0].name,
    objectType: summary.settings?.objectType === "detection"
      ? "detection"
      : "annotation",
    minArea: { value: run.minArea, unit: "px" },
    simplify: run.simplify,
  });
  const paths = resultFiles(slide.name, { out, formats, classes });
  for (const path of paths) {
    if (!await isThere(path)) continue;
    throw cannot(action, `"${path}" exists; remove it, or choose another`);
  }
  const { state } = await Deno.permissions.query({ name: "write", path: out });
  if (state !== "granted") {
    throw cannot(action, `"${out}" may not be written: use --allow-write`);
  }
  await using opened = new AsyncDisposableStack();
  const sources: Slide[] = [];
  for (const path of maps) {
    const map = opened.use(await openSlide(path, { signal }));
    if (map.width !== slide.width || map.height !== slide.height) {
      throw cannot(
        action,
        `"${path}" must have the slide's size, ${slide.width}×${slide.height}, and is ${map.width}×${map.height}`,
        { kind: RangeError },
      );
    }
    sources.push(map);
  }
  const context = await RunContext.begin(["view"]);
  const start = new Date();
  const { fingerprint: _, ...settings } = summary.settings ?? {};
  await Deno.mkdir(out, { recursive: true });
  await writeResults(tilesOf(sources, { threshold, signal }), {
    ...{ options, signal, run: context.id },
    facts: {
      slide,
      settings: {
        ...settings,
        threshold,
        thresholdFrom: {
          run: summary.run?.id,
          threshold: run.threshold,
          maps: maps.map((path) => basename(path)),
        },
      },
      model: summary.model,
      warnings: [
        ...warnings,
        "thresholded again from probabilities of 8 bits: pixels whose probability is within 0.002 of the threshold may differ from those of a run",
      ],
    },
    regionPx: region?.areaPx,
    seenPx: () => (region?.seenFraction ?? 0) * (region?.areaPx ?? 0),
    tiles: () => tiles,
    onWritten: () =>
      Promise.resolve({
        run: context.record({ start }),
        path: slide.path ?? slide.name,
        milliseconds: { total: Date.now() - start.getTime() },
      }),
  });
  return { folder: out, files: paths.map((path) => basename(path)) };
}

/** The tiles of maps, cut at a threshold. */
async function* tilesOf(
  maps: readonly Slide[],
  { threshold, signal }: {
    readonly threshold: number;
    readonly signal?: AbortSignal;
  },
): AsyncGenerator<JournalTile, void, undefined> {
  const [{ width, height }] = maps;
  const columns = Math.ceil(width / SIDE);
  const count = columns * Math.ceil(height / SIDE);
  for (let index = 0; index < count; index++) {
    const [column, row] = [index % columns, Math.floor(index / columns)];
    const [x, y] = [column * SIDE, row * SIDE];
    const region = { x, y, width: SIDE, height: SIDE };
    const planes = await Promise.all(maps.map(async (map) => {
      const rgb = await map.readRegion(region, { fill: 0, signal });
      return Uint8Array.from({ length: SIDE ** 2 }, (_, i) => rgb[i * 3]);
    }));
    const tile = { index, column, row, x, y, size: SIDE };
    yield {
      tile: { ...tile, expansion: 0, downsample: 1 },
      ...cutMaps(planes, threshold),
    };
  }
}
