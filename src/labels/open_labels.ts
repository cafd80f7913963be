import { readRleCsv } from "../masks/read_rle_csv.ts";
import type { LabelSource, ReadLabelsOptions } from "./label_source.ts";
import { PictureLabels } from "./picture_labels.ts";
import { PolygonLabels } from "./polygon_labels.ts";
import { readGeoJsonPolygons } from "./read_geojson_polygons.ts";
import { RleLabels } from "./rle_labels.ts";

/** How {@linkcode openLabels} reads. */
export interface OpenLabelsOptions {
  /** Only GeoJSON annotations whose classification has this name; all without it. */
  readonly classification?: string;
}

/** A slide as far as its labels need to know it; a {@linkcode Slide} fits. */
export interface LabeledSlide {
  /** Its name, which is its labels' id. */
  readonly name: string;
  /** Width in level-0 pixels. */
  readonly width: number;
  /** Height in level-0 pixels. */
  readonly height: number;
}

/** Labels of several slides; made by {@linkcode openLabels}. */
export interface Labels {
  /** The ids that files name outright: a CSV's lines and files given one by one, not what lies in a folder. */
  readonly ids: readonly string[];
  /** The classes of the GeoJSON annotations that have been read so far, those not asked for included. */
  readonly classes: ReadonlySet<string>;
  /**
   * Opens the labels of a slide; `undefined` where it has none.
   *
   * @throws {Error} If they cannot be read or do not fit the slide; the message names the slide.
   */
  open(
    slide: LabeledSlide,
    options?: ReadLabelsOptions,
  ): Promise<LabelSource | undefined>;
}

/** What labels in a folder are called after their slide's name; the most exact first, as `infer` may simplify outlines. */
const SUFFIXES = [
  ".rle.csv",
  ".mask.tif",
  ".mask.tiff",
  ".geojson",
  ".mask.png",
  ".csv",
  ".json",
  ".tif",
  ".tiff",
  ".png",
];

/**
 * Opens the labels of slides: run-length codes in a CSV with the header `id,encoding`, polygons in GeoJSON, masks as TIFF or
 * PNG of their slide's size, and folders of such files. A slide's labels are those whose id, or file name before the
 * ending (`NAME.geojson`, `NAME.rle.csv`, `NAME.mask.tif`, `NAME.mask.png`), is its name. Deno only.
 *
 * @example Read a corner of a slide's mask
 * ```ts
 * import { openLabels } from "@tilewise/tilewise";
 *
 * const path = await Deno.makeTempFile({ suffix: ".csv" });
 * await Deno.writeTextFile(path, "id,encoding\nkidney,2 3\n");
 * const labels = await openLabels(path);
 * await using mask = await labels.open({ name: "kidney", width: 2, height: 2 });
 * console.log(await mask?.readRegion({ x: 0, y: 0, width: 2, height: 2 })); // [0, 1, 1, 1]
 * await Deno.remove(path);
 * ```
 *
 * @param paths Files or folders.
 * @throws {RangeError} If an id comes twice.
 * @throws {TypeError} If a file is of no such kind.
 * @throws {SyntaxError} If a CSV is malformed.
 * @throws {Error} If a path cannot be read.
 */
export async function openLabels(
  paths: string | readonly string[],
  options: OpenLabelsOptions = {},
): Promise<Labels> {
  const listed = new Map<string, Entry>();
  const folders: Map<string, string>[] = [];
  for (const path of typeof paths === "string" ? [paths] : paths) {
    if (await isFolder(path)) {
      folders.push(await filesOf(path));
      continue;
    }
    for (const [id, entry] of await entriesOf(path)) {
      if (listed.has(id)) {
        throw new RangeError(
          `Cannot open labels as each slide may have one: received "${id}" again in "${path}"`,
        );
      }
      listed.set(id, entry);
    }
  }
  const classes = new Set<string>();
  return {
    ids: [...listed.keys()],
    classes,
    async open(slide, { signal } = {}) {
      signal?.throwIfAborted();
      try {
        const entry = listed.get(slide.name) ??
          await findIn(folders, slide.name);
        return entry &&
          await openEntry(entry, slide, { ...options, classes, signal });
      } catch (cause) {
        signal?.throwIfAborted();
        throw restate(cause, `Cannot open the labels of "${slide.name}"`);
      }
    },
  };
}

type Entry = { readonly code: string } | { readonly path: string };

async function openEntry(
  entry: Entry,
  slide: LabeledSlide,
  { classification, classes, signal }: OpenLabelsOptions & ReadLabelsOptions & {
    readonly classes: Set<string>;
  },
): Promise<LabelSource> {
  if ("code" in entry) return new RleLabels(entry.code, slide);
  if (/\.(geo)?json$/i.test(entry.path)) {
    const text = await Deno.readTextFile(entry.path, { signal });
    return new PolygonLabels(
      readGeoJsonPolygons(text, { classification, classes }),
      slide,
    );
  }
  return await PictureLabels.open(entry.path, slide, { signal });
}

async function entriesOf(path: string): Promise<Iterable<[string, Entry]>> {
  if (/\.csv$/i.test(path)) {
    try {
      const codes = readRleCsv(await Deno.readTextFile(path));
      return [...codes].map(([id, code]) => [id, { code }]);
    } catch (cause) {
      throw restate(cause, `Cannot open labels "${path}"`);
    }
  }
  const suffix = SUFFIXES.find((one) => path.toLowerCase().endsWith(one));
  if (!suffix) {
    throw new TypeError(
      `Cannot open labels as CSV, GeoJSON, TIFF and PNG are read: received "${path}"`,
    );
  }
  const name = path.slice(path.search(/[^/\\]*$/), -suffix.length);
  return [[name, { path }]];
}

async function findIn(
  folders: readonly Map<string, string>[],
  name: string,
): Promise<Entry | undefined> {
  for (const files of folders) {
    for (const suffix of SUFFIXES) {
      const path = files.get(name + suffix);
      if (path === undefined) continue;
      const entries = new Map(await entriesOf(path));
      const entry = entries.get(name);
      if (entry) return entry;
    }
  }
}

async function filesOf(folder: string): Promise<Map<string, string>> {
  const files = new Map<string, string>();
  for await (const { name, isFile, isSymlink } of Deno.readDir(folder)) {
    if (isFile || isSymlink) files.set(name, `${folder}/${name}`);
  }
  return files;
}

async function isFolder(path: string): Promise<boolean> {
  try {
    return (await Deno.stat(path)).isDirectory;
  } catch (cause) {
    const received = cause instanceof Error && cause.name === "NotFound"
      ? `"${path}", which does not exist`
      : `"${path}" (${(cause as Error).message})`;
    throw new Error(
      `Cannot open labels as their file must be readable: received ${received}`,
      { cause },
    );
  }
}

/** An error of the same class, whose message begins with what was to be done. */
function restate(cause: unknown, action: string): Error {
  const reason = cause instanceof Error ? cause.message : String(cause);
  const text = `${action} as ${reason.replace(/^Cannot .*? as /, "")}`;
  const Class =
    [SyntaxError, RangeError, TypeError].find((one) => cause instanceof one) ??
      Error;
  return new Class(text, { cause });
}
