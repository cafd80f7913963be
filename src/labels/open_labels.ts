import { cannot, reasonOf } from "../errors/cannot.ts";
import { checkClasses } from "../io/classes.ts";
import {
  chooseAnnotations,
  countClasses,
  severalClasses,
} from "./choose_annotations.ts";
import { allKnown, openCorrections, type Unlabeled } from "./corrections.ts";
import {
  entriesOf,
  type Entry,
  filesOf,
  findIn,
  isFolder,
} from "./find_entries.ts";
import type { LabelSource, ReadLabelsOptions } from "./label_source.ts";
import { openNumbers, openPolygons } from "./open_class_labels.ts";
import { PictureLabels } from "./picture_labels.ts";
import { PolygonLabels } from "./polygon_labels.ts";
import { readAnnotations } from "./read_annotations.ts";
import type { Annotation } from "./read_geojson_polygons.ts";
import { RleLabels } from "./rle_labels.ts";

/**
 * Options for {@linkcode openLabels}.
 *
 * @category Labels
 */
export interface OpenLabelsOptions {
  /**
   * Only GeoJSON annotations of this class and those derived from it: `Tumor` includes `Tumor: Positive`. `"*"` means all but
   * those that QuPath ignores (`Ignore*`), `"unclassified"` those without a class. Default: the only class in the file.
   */
  readonly classification?: string;
  /** The class if a file has several and `classification` is omitted. Default: several classes are an error. */
  readonly preferred?: string;
  /**
   * The names of several classes, in the order of their numbers: pixels are 0 for background and k for the k-th class. Of
   * GeoJSON annotations that overlap, the later class counts. Default: one class.
   */
  readonly classes?: readonly string[];
  /** With `classes`, names of classes to leave out; `"*"` for all others. Default: other classes are an error. */
  readonly ignored?: readonly string[];
  /**
   * What the pixels of corrections (`NAME.corrected.geojson`) are about which nobody has decided: `"unknown"`, which the source's
   * `readKnown` tells, or `"background"`. Default: `"unknown"`; of other labels, all pixels are known.
   */
  readonly unlabeled?: Unlabeled;
  /** Whether corrections are labels: predictions have none. Default: true. */
  readonly corrections?: boolean;
  /** Receives warnings about left-out annotations and ambiguous files, one line each. */
  readonly onWarning?: (text: string) => void;
}

/**
 * The properties of a slide that its labels depend on; a {@linkcode Slide} has them.
 *
 * @category Labels
 */
export interface LabeledSlide {
  /** Name of the slide, and id of its labels. */
  readonly name: string;
  /** Width in level-0 pixels. */
  readonly width: number;
  /** Height in level-0 pixels. */
  readonly height: number;
}

/**
 * Labels of several slides; made by {@linkcode openLabels}.
 *
 * @category Labels
 */
export interface Labels {
  /** The ids in CSV files and of single files, without files in folders. */
  readonly ids: readonly string[];
  /** The number of GeoJSON annotations read so far per class, including classes that were not requested. */
  readonly classes: ReadonlyMap<string, number>;
  /** The colors, such as `#e69f00`, of classes in the GeoJSON read so far. */
  readonly colors: ReadonlyMap<string, string>;
  /** Counts the annotations of a slide per class; `undefined` if its labels are not GeoJSON. */
  classesOf(
    slide: string,
    options?: ReadLabelsOptions,
  ): Promise<ReadonlyMap<string, number> | undefined>;
  /**
   * Opens the labels of a slide; `undefined` if there are none.
   *
   * @throws {Error} If they cannot be read or do not fit the slide; the message names the slide.
   */
  open(
    slide: LabeledSlide,
    options?: ReadLabelsOptions,
  ): Promise<LabelSource | undefined>;
}

/**
 * Opens the labels of slides: run-length encodings in a CSV with the header `id,encoding`, polygons in GeoJSON (also in
 * gzip), masks as TIFF or PNG of their slide's size, and folders of such files. A slide's labels are those whose id or
 * file name (`NAME.geojson`, `NAME.rle.csv`, `NAME.mask.tif`) is its name. Deno only.
 *
 * In a mask, every pixel that is neither zero nor transparent is foreground, at any depth: 1 to 64 bits, integers or
 * floats. GeoJSON with annotations of several classes requires `classification` or `classes`; points and lines, classes that
 * QuPath ignores (`Ignore*`, `Region*`) and unclassified rectangles around the whole slide are skipped with a warning.
 *
 * With `classes`, masks are gray or palette pictures of the classes' numbers, and CSVs have a code per class and the header
 * `id_class,encoding`: `kidney_Tumor` is the id of a class of the slide `kidney`, and so is `kidney_1` of the first class.
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
 *
 * @category Labels
 */
export async function openLabels(
  paths: string | readonly string[],
  options: OpenLabelsOptions = {},
): Promise<Labels> {
  if (options.classes) {
    checkClasses("open labels", options.classes.map((name) => ({ name })));
  }
  const listed = new Map<string, Entry>();
  const folders: Map<string, string>[] = [];
  for (const path of typeof paths === "string" ? [paths] : paths) {
    if (await isFolder(path)) {
      folders.push(await filesOf(path));
      continue;
    }
    for (const [id, entry] of await entriesOf(path, options)) {
      if (listed.has(id)) {
        throw cannot(
          `open labels "${path}"`,
          `another file has labels for "${id}", too`,
          { kind: RangeError },
        );
      }
      listed.set(id, entry);
    }
  }
  const found: Found = { all: new Map(), chosen: new Map(), colors: new Map() };
  const entryOf = async (name: string) =>
    listed.get(name) ?? await findIn(folders, name, options);
  return {
    ids: [...listed.keys()],
    get classes() {
      return mergeCounts(found.all.values());
    },
    colors: found.colors,
    async classesOf(name, { signal } = {}) {
      const entry = await entryOf(name);
      const path = entry && geoJsonOf(entry);
      if (path === undefined) return undefined;
      const { annotations } = await readAnnotations(path, {
        ...{ ...options, signal },
      });
      return note(found, name, annotations);
    },
    async open(slide, { signal } = {}) {
      signal?.throwIfAborted();
      try {
        const entry = await entryOf(slide.name);
        return entry &&
          await openEntry(entry, slide, { ...options, found, signal });
      } catch (cause) {
        signal?.throwIfAborted();
        const action = `open the labels of "${slide.name}"`;
        throw cannot(action, reasonOf(cause), { cause });
      }
    },
  };
}

/** Counts of classes for each slide read so far: of all annotations, and of the chosen ones; and colors of classes. */
interface Found {
  readonly all: Map<string, ReadonlyMap<string, number>>;
  readonly chosen: Map<string, ReadonlyMap<string, number>>;
  readonly colors: Map<string, string>;
}

/** Notes the classes of a slide's annotations. */
function note(
  found: Found,
  slide: string,
  annotations: readonly Annotation[],
): ReadonlyMap<string, number> {
  const counts = countClasses(annotations);
  found.all.set(slide, counts);
  for (const { name, color } of annotations) {
    if (name !== undefined && color !== undefined && !found.colors.has(name)) {
      found.colors.set(name, color);
    }
  }
  return counts;
}

async function openEntry(
  entry: Entry,
  slide: LabeledSlide,
  { found, signal, onWarning = () => {}, ...options }:
    & OpenLabelsOptions
    & ReadLabelsOptions
    & { readonly found: Found },
): Promise<LabelSource> {
  const { classification, classes, ignored, unlabeled } = options;
  const warn = (text: string): void => onWarning(`"${slide.name}": ${text}`);
  const path = geoJsonOf(entry);
  if (path !== undefined) {
    const { annotations, skipped, corrected } = await readAnnotations(path, {
      ...{ ...options, slide, warn, signal },
    });
    note(found, slide.name, annotations);
    for (const [what, count] of skipped) {
      warn(`${count} ${what}${count > 1 ? "s" : ""} left out`);
    }
    const { width, height } = slide;
    const size = { width, height, unlabeled, warn };
    if (classes) {
      return await openPolygons(annotations, {
        ...{ classes, ignored, ...size, corrected },
      });
    }
    const { chosen, warnings } = chooseAnnotations(annotations, {
      ...options,
      width,
      height,
    });
    if (classification === undefined && options.preferred === undefined) {
      // Files with one class each may still differ.
      found.chosen.set(slide.name, countClasses(chosen));
      const together = mergeCounts(found.chosen.values());
      if (together.size > 1) {
        found.chosen.delete(slide.name);
        throw severalClasses(together);
      }
    }
    warnings.forEach(warn);
    if (corrected) return await openCorrections(corrected, { chosen, ...size });
    if (unlabeled === "unknown") throw allKnown();
    return new PolygonLabels(chosen.flatMap(({ polygons }) => polygons), slide);
  }
  if (unlabeled === "unknown") throw allKnown();
  if (classes || "codes" in entry) {
    const { width, height } = slide;
    const more = { classes: classes ?? [], warn, signal };
    return await openNumbers(entry, { width, height, ...more });
  }
  const isChosen = "code" in entry && entry.ofClass;
  if (classification !== undefined && classification !== "*" && !isChosen) {
    const what = "code" in entry ? "run-length codes" : `"${entry.path}"`;
    throw cannot(
      "choose a class",
      `only GeoJSON has classes, not ${what}; omit --class`,
      { kind: TypeError },
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
