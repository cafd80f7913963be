import { MAX_MRXS_FILES, MAX_MRXS_IMAGES } from "../../../io/limits.ts";
import { type Ini, parseIni } from "../../ini.ts";
import { parseNumber } from "../layout.ts";
import { damaged, unsupported } from "./refuse.ts";

/** What `Slidedat.ini` says about a slide. */
export interface Slidedat {
  readonly id: string;
  /** The name of the index. */
  readonly index: string;
  /** The names of the data files, by their numbers. */
  readonly files: readonly string[];
  /** Images of the finest level, across and down. */
  readonly across: number;
  readonly down: number;
  /** Images across and down that a photo of the camera was cut into. */
  readonly divisions: number;
  /** Pixels that neighboring photos are said to overlap. */
  readonly overlapX: number;
  readonly overlapY: number;
  readonly levels: readonly ZoomLevel[];
  /** Which record holds the places of photos, and whether it is deflated; `undefined` if there is none. */
  readonly positions?: { readonly record: number; readonly deflated: boolean };
  readonly associated: readonly AssociatedRecord[];
  readonly power?: number;
  readonly warnings: readonly string[];
  readonly properties: Readonly<Record<string, string>>;
}

/** A level, as its section describes it. */
export interface ZoomLevel {
  /** Images of the camera, each way, that an image of this level joins. */
  readonly concat: number;
  readonly format: ImageFormat;
  readonly imageWidth: number;
  readonly imageHeight: number;
  readonly background: readonly [red: number, green: number, blue: number];
  readonly mppX?: number;
  readonly mppY?: number;
}

/** How images are stored. */
export type ImageFormat = typeof FORMATS[number];

/** A picture beside the slide. */
export interface AssociatedRecord {
  readonly name: string;
  readonly record: number;
  /** Its format, if the file says it. */
  readonly format?: string;
}

const FORMATS = ["JPEG", "PNG", "BMP24"] as const;

/** Pictures beside the slide: their names in the layer of scan data, and the key of their format. */
const ASSOCIATED = [
  { name: "label", value: "ScanDataLayer_SlideBarcode", key: "BARCODE" },
  { name: "macro", value: "ScanDataLayer_SlideThumbnail", key: "THUMBNAIL" },
  { name: "thumbnail", value: "ScanDataLayer_SlidePreview", key: "PREVIEW" },
];

/** An image is at most 2^30 images of the finest level wide; slides have about ten levels. */
const MOST_EXPONENT = 30;

const GENERAL = "GENERAL";
const LAYERS = "HIERARCHICAL";

/**
 * Reads `Slidedat.ini`.
 *
 * Source: OpenSlide's notes on MIRAX, and its public issues.
 *
 * @throws {TypeError} If the slide is of a kind that is not supported.
 * @throws {SyntaxError} If a value is missing or impossible.
 */
export function readSlidedat(text: string): Slidedat {
  const ini = new Values(parseIni(text));
  const type = ini.text(GENERAL, "SLIDE_TYPE") ?? "";
  if (/FLUORESCENCE/i.test(type)) throw unsupported(`of fluorescence`);
  const [across, down] = ["X", "Y"].map((axis) =>
    ini.integer(GENERAL, `IMAGENUMBER_${axis}`, { most: MAX_MRXS_IMAGES })
  );
  if (across * down > MAX_MRXS_IMAGES) {
    throw damaged(
      `it has ${across}×${down} images, more than ${MAX_MRXS_IMAGES}`,
    );
  }
  const divisions = ini.integer(GENERAL, "CameraImageDivisionsPerSide", {
    most: Math.max(across, down),
    missing: 1,
  });
  const layers = readLayers(ini, "HIER");
  const records = readRecords(ini);
  const levels = readLevels(ini, layers[0]);
  const first = sectionOf(ini, 0);
  const overlap = (axis: "X" | "Y", image: number): number => {
    const overlap = ini.number(first, `OVERLAP_${axis}`);
    const photo = image * divisions;
    if (overlap >= 0 && overlap < photo) return overlap;
    throw damaged(
      `its Slidedat.ini says that photos of ${photo} px overlap by ${overlap} px`,
    );
  };
  const plain = records.layers.get("VIMSLIDE_POSITION_BUFFER");
  const deflated = records.layers.get("StitchingIntensityLayer");
  const record = plain ?? deflated;
  const power = parseNumber(ini.text(GENERAL, "OBJECTIVE_MAGNIFICATION"));
  const [{ imageWidth, imageHeight }] = levels;
  return {
    id: ini.need(GENERAL, "SLIDE_ID"),
    index: ini.need(LAYERS, "INDEXFILE"),
    files: readFiles(ini),
    across,
    down,
    divisions,
    overlapX: overlap("X", imageWidth),
    overlapY: overlap("Y", imageHeight),
    levels,
    positions: record === undefined
      ? undefined
      : { record, deflated: plain === undefined },
    associated: ASSOCIATED.flatMap(({ name, value, key }) => {
      const found = records.values.get(value);
      if (!found) return [];
      const format = ini.text(found.section, `${key}_IMAGE_TYPE`);
      return [{ name, record: found.record, format }];
    }),
    power: power !== undefined && power > 0 ? power : undefined,
    warnings: checkLayers(layers),
    properties: Object.fromEntries(
      [GENERAL, first].flatMap((section) =>
        ini.entries(section).map((
          [key, value],
        ) => [`mirax.${section}.${key}`, value])
      ),
    ),
  };
}

/** A layer: its name, and how many values it has, each of which has a record in the index. */
interface Layer {
  readonly name: string;
  readonly count: number;
}

function readLayers(ini: Values, kind: "HIER" | "NONHIER"): Layer[] {
  const least = kind === "HIER" ? 1 : 0;
  const layers = ini.integer(LAYERS, `${kind}_COUNT`, { least, most: 1000 });
  return Array.from({ length: layers }, (_, i) => ({
    name: ini.need(LAYERS, `${kind}_${i}_NAME`),
    count: ini.integer(LAYERS, `${kind}_${i}_COUNT`, { least: 0, most: 1e6 }),
  }));
}

/** Only zoom levels are read; further layers are focal planes or channels. */
function checkLayers(layers: readonly Layer[]): string[] {
  const [first, ...others] = layers;
  if (first.name !== "Slide zoom level") {
    throw unsupported(`whose first layer is "${first.name}", not zoom levels`);
  }
  return others.filter(({ count }) => count > 1).map(({ name, count }) => {
    if (/filter/i.test(name)) throw unsupported(`with ${count} channels`);
    return `its layer "${name}" has ${count} values, of which none is read: the slide is what its zoom levels hold`;
  });
}

/** The records of layers beside the levels, by the layer's name and by that of a value. */
function readRecords(ini: Values) {
  const layers = new Map<string, number>();
  const values = new Map<string, { record: number; section: string }>();
  let record = 0;
  for (const [i, { name, count }] of readLayers(ini, "NONHIER").entries()) {
    if (!layers.has(name)) layers.set(name, record);
    for (let j = 0; j < count && name === "Scan data layer"; j++) {
      const key = `NONHIER_${i}_VAL_${j}`;
      values.set(ini.need(LAYERS, key), {
        record: record + j,
        section: ini.text(LAYERS, `${key}_SECTION`) ?? "",
      });
    }
    record += count;
  }
  return { layers, values };
}

function sectionOf(ini: Values, level: number): string {
  return ini.need(LAYERS, `HIER_0_VAL_${level}_SECTION`);
}

function readLevels(ini: Values, { count }: Layer): ZoomLevel[] {
  const levels: ZoomLevel[] = [];
  for (let level = 0, exponent = 0; level < count; level++) {
    const section = sectionOf(ini, level);
    exponent += ini.integer(section, "IMAGE_CONCAT_FACTOR", {
      least: level === 0 ? 0 : 1,
      most: MOST_EXPONENT - exponent,
    });
    const format = ini.need(section, "IMAGE_FORMAT");
    if (!isFormat(format)) {
      const name = /^jpe?g ?xr$/i.test(format) ? "JPEG XR" : `"${format}"`;
      throw unsupported(`of ${name} images (level ${level})`);
    }
    const fill = ini.integer(section, "IMAGE_FILL_COLOR_BGR", {
      least: -(2 ** 31),
      most: 2 ** 32,
    });
    const mpp = ["X", "Y"].map((axis) =>
      parseNumber(ini.text(section, `MICROMETER_PER_PIXEL_${axis}`))
    );
    const [imageWidth, imageHeight] = ["WIDTH", "HEIGHT"].map((side) =>
      ini.integer(section, `DIGITIZER_${side}`, { most: 2 ** 16 })
    );
    levels.push({
      concat: 2 ** exponent,
      format,
      imageWidth,
      imageHeight,
      background: [fill & 255, fill >> 8 & 255, fill >> 16 & 255],
      mppX: mpp[0],
      mppY: mpp[1],
    });
  }
  return levels;
}

function isFormat(format: string): format is ImageFormat {
  return (FORMATS as readonly string[]).includes(format);
}

function readFiles(ini: Values): string[] {
  const count = ini.integer("DATAFILE", "FILE_COUNT", { most: MAX_MRXS_FILES });
  return Array.from(
    { length: count },
    (_, i) => ini.need("DATAFILE", `FILE_${i}`),
  );
}

/** Values of the file, checked. */
class Values {
  constructor(readonly ini: Ini) {}

  text(section: string, key: string): string | undefined {
    return this.ini.get(section)?.get(key);
  }

  entries(section: string): [string, string][] {
    return [...this.ini.get(section) ?? []].filter(([key]) => key !== "");
  }

  need(section: string, key: string): string {
    const text = this.text(section, key);
    if (text) return text;
    throw damaged(`its Slidedat.ini has no ${key} in [${section}]`);
  }

  number(section: string, key: string): number {
    const text = this.need(section, key);
    const value = parseNumber(text);
    if (value !== undefined) return value;
    throw damaged(
      `its Slidedat.ini says ${key} = ${text.slice(0, 40)} in [${section}]`,
    );
  }

  integer(
    section: string,
    key: string,
    { least = 1, most, missing }: {
      readonly least?: number;
      readonly most: number;
      /** The value of a key that is not there. Default: it must be. */
      readonly missing?: number;
    },
  ): number {
    if (missing !== undefined && !this.text(section, key)) return missing;
    const value = this.number(section, key);
    if (Number.isInteger(value) && value >= least && value <= most) {
      return value;
    }
    throw damaged(
      `its Slidedat.ini says ${key} = ${value} in [${section}], which must be an integer from ${least} to ${most}`,
    );
  }
}
