import { readText } from "../io/read_text.ts";
import { readRleCsv } from "../masks/rle/decode_rle.ts";
import {
  chooseAnnotations,
  countClasses,
  SeveralClasses,
} from "./choose_annotations.ts";
import type { LabelSource, ReadLabelsOptions } from "./label_source.ts";
import { PictureLabels } from "./picture_labels.ts";
import { PolygonLabels } from "./polygon_labels.ts";
import { readGeoJsonPolygons } from "./read_geojson_polygons.ts";
import { RleLabels } from "./rle_labels.ts";

/** Options for {@linkcode openLabels}. */
export interface OpenLabelsOptions {
  /**
   * Only GeoJSON annotations of this class and those derived from it: `Tumor` takes `Tumor: Positive` too. `"*"` takes all but
   * those that QuPath ignores (`Ignore*`), `"unclassified"` those without a class. Default: the one class that there is.
   */
  readonly classification?: string;
  /** The class if a file has several and `classification` is omitted. Default: several classes are an error. */
  readonly preferred?: string;
  /** Receives warnings about left-out annotations and ambiguous files, one line each. */
  readonly onWarning?: (text: string) => void;
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
  /** The ids in CSV files and of single files, not those of files in folders. */
  readonly ids: readonly string[];
  /** The classes of the GeoJSON annotations that have been read so far, and how many each has, those not asked for included. */
  readonly classes: ReadonlyMap<string, number>;
  /** Reads how many annotations of a slide each class has; `undefined` if its labels are not GeoJSON. */
  classesOf(
    slide: string,
    options?: ReadLabelsOptions,
  ): Promise<ReadonlyMap<string, number> | undefined>;
  /**
   * Opens the labels of a slide, or `undefined` if there is none.
   *
   * @throws {Error} If they cannot be read or do not fit the slide; the message names the slide.
   */
  open(
    slide: LabeledSlide,
    options?: ReadLabelsOptions,
  ): Promise<LabelSource | undefined>;
}

/**
 * File name endings of labels in a folder, after their slide's name; the most exact first, as `infer` may simplify
 * outlines.
 */
const SUFFIXES = [
  ".rle.csv",
  ".mask.tif",
  ".mask.tiff",
  ".geojson",
  ".geojson.gz",
  ".mask.png",
  ".csv",
  ".json",
  ".json.gz",
  ".tif",
  ".tiff",
  ".png",
];

/**
 * Opens the labels of slides: run-length encodings in a CSV with the header `id,encoding`, polygons in GeoJSON (also in
 * gzip), masks as TIFF or PNG of their slide's size, and folders of such files. A slide's labels are those whose id or
 * file name (`NAME.geojson`, `NAME.rle.csv`, `NAME.mask.tif`) is its name. Deno only.
 *
 * In a mask, what is neither zero nor transparent is foreground, whatever its depth: 1 to 64 bits, integers or floats.
 * GeoJSON with annotations of several classes needs `classification`; points and lines, classes that QuPath ignores
 * (`Ignore*`, `Region*`) and unclassified rectangles around the whole slide are left out, with a warning.
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
 * @throws {RangeError} If an id occurs twice.
 * @throws {TypeError} If a file is of another type.
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
  const found: Found = { all: new Map(), chosen: new Map() };
  const entryOf = async (name: string) =>
    listed.get(name) ?? await findIn(folders, name);
  return {
    ids: [...listed.keys()],
    get classes() {
      return mergeCounts(found.all.values());
    },
    async classesOf(name, { signal } = {}) {
      const entry = await entryOf(name);
      const path = entry && geoJsonOf(entry);
      if (path === undefined) return undefined;
      const { annotations } = await readAnnotations(path, signal);
      const classes = countClasses(annotations);
      found.all.set(name, classes);
      return classes;
    },
    async open(slide, { signal } = {}) {
      signal?.throwIfAborted();
      try {
        const entry = await entryOf(slide.name);
        return entry &&
          await openEntry(entry, slide, { ...options, found, signal });
      } catch (cause) {
        signal?.throwIfAborted();
        throw restate(cause, `Cannot open the labels of "${slide.name}"`);
      }
    },
  };
}

type Entry = { readonly code: string } | { readonly path: string };

/** The classes of each slide that has been read: of all its annotations, and of those that are its labels. */
interface Found {
  readonly all: Map<string, ReadonlyMap<string, number>>;
  readonly chosen: Map<string, ReadonlyMap<string, number>>;
}

async function openEntry(
  entry: Entry,
  slide: LabeledSlide,
  { found, signal, onWarning = () => {}, ...options }:
    & OpenLabelsOptions
    & ReadLabelsOptions
    & { readonly found: Found },
): Promise<LabelSource> {
  const { classification } = options;
  const warn = (text: string): void => onWarning(`"${slide.name}": ${text}`);
  const path = geoJsonOf(entry);
  if (path !== undefined) {
    const { annotations, skipped } = await readAnnotations(path, signal);
    found.all.set(slide.name, countClasses(annotations));
    const { width, height } = slide;
    const { chosen, warnings } = chooseAnnotations(annotations, {
      ...options,
      width,
      height,
    });
    if (classification === undefined && options.preferred === undefined) {
      // One class per file, but different ones, are several, too.
      found.chosen.set(slide.name, countClasses(chosen));
      const together = mergeCounts(found.chosen.values());
      if (together.size > 1) {
        found.chosen.delete(slide.name);
        throw new SeveralClasses(together);
      }
    }
    for (const [what, count] of skipped) {
      warn(`${count} ${what}${count > 1 ? "s" : ""} left out`);
    }
    warnings.forEach(warn);
    return new PolygonLabels(chosen.flatMap(({ polygons }) => polygons), slide);
  }
  if (classification !== undefined && classification !== "*") {
    throw new TypeError(
      `Cannot choose a class as only GeoJSON has classes: received ${
        "code" in entry ? "run-length codes" : `"${entry.path}"`
      } and --class ${classification}; leave it out`,
    );
  }
  if ("code" in entry) return new RleLabels(entry.code, slide);
  const labels = await PictureLabels.open(entry.path, slide, { signal });
  labels.notes.forEach((note) => warn(`of its mask, ${note}`));
  return labels;
}

function geoJsonOf(entry: Entry): string | undefined {
  const isGeoJson = "path" in entry && /\.(geo)?json(\.gz)?$/i.test(entry.path);
  return isGeoJson ? entry.path : undefined;
}

async function readAnnotations(path: string, signal?: AbortSignal) {
  return readGeoJsonPolygons(await readText(path, { signal }));
}

function mergeCounts(
  counts: Iterable<ReadonlyMap<string, number>>,
): Map<string, number> {
  const together = new Map<string, number>();
  for (const one of counts) {
    for (const [name, count] of one) {
      together.set(name, (together.get(name) ?? 0) + count);
    }
  }
  return together;
}

async function entriesOf(path: string): Promise<Iterable<[string, Entry]>> {
  if (/\.csv$/i.test(path)) {
    try {
      const codes = readRleCsv(await readText(path));
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
