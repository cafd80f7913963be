import { AtomicFile } from "../../io/atomic_file.ts";
import { colorsOf, type MaskClass, rgbOf } from "../../io/classes.ts";
import { csvLine } from "../../io/csv.ts";
import { TextBuffer } from "../../io/read_text.ts";
import type { MaskBand, MaskSink } from "../mask_band.ts";
import { type Producer, producerText } from "../run_record.ts";
import { measurePolygon, type PolygonMeasures } from "./measure_polygon.ts";
import type { MaskPolygon } from "./outline.ts";
import {
  featureText,
  objectId,
  type PolygonFeatureOptions,
  usualClass,
} from "./polygon_feature.ts";
import { Polygonizer } from "./polygonizer.ts";
import { simplifyPolygon } from "./simplify_polygon.ts";

/**
 * The files that an {@linkcode ObjectSink} writes.
 *
 * @category Sinks
 */
export interface ObjectFiles {
  /** A GeoJSON FeatureCollection, usually `NAME.geojson`. */
  readonly geojson?: string;
  /** A table with one line per object, usually `NAME.objects.csv`. */
  readonly csv?: string;
}

/**
 * Options for {@linkcode ObjectSink}.
 *
 * @category Sinks
 */
export interface ObjectSinkOptions
  extends Omit<PolygonFeatureOptions, "index" | "measures"> {
  /** The slide's width in pixels. */
  readonly width: number;
  /** The slide's height in pixels. */
  readonly height: number;
  /**
   * The classes, if there are several: objects of each are traced on their own, and have its name and color. Default: one,
   * `classification`.
   */
  readonly classes?: readonly MaskClass[];
  /** Minimum object area in pixels; smaller objects are left out. Default: 0. */
  readonly minArea?: number;
  /** Tolerance of {@linkcode simplifyPolygon} in pixels. Default: 0. */
  readonly tolerance?: number;
  /** Called with each object that is written, for example to summarize them; with several classes, it has its own. */
  readonly onObject?: (
    polygon: MaskPolygon,
    measures: PolygonMeasures,
  ) => void;
  /** Called with each object that is left out. */
  readonly onSmallObject?: (polygon: MaskPolygon) => void;
  /** Pixels of the region that was looked at: columns of the table. Default: it was all of the slide. */
  readonly regionPx?: number;
  /** The run: the GeoJSON's member `generator`, and the table's last column `run`. Default: neither. */
  readonly producer?: Producer;
}

/** A file of text that grows object by object. */
interface ObjectFile {
  readonly path: string;
  readonly head: string;
  readonly foot: string;
  readonly lineOf: (
    polygon: MaskPolygon,
    options: {
      readonly index: number;
      readonly id: string;
      readonly measures: PolygonMeasures;
    },
  ) => string;
  file?: AtomicFile;
  readonly pending: TextBuffer;
}

/** Bytes to buffer before a write. */
const CHUNK = 1 << 18;

/**
 * Traces the objects of a mask and writes them as a GeoJSON FeatureCollection of polygons with holes, in level-0
 * pixels, as QuPath imports them, and as a CSV table. Objects are written as soon as they are complete, so they are
 * sorted by their lowest row. Borders of tiles and bands leave no trace. Deno only.
 *
 * @example
 * ```ts
 * import { ObjectSink, writeBands } from "@tilewise/tilewise";
 *
 * async function* bands() {
 *   yield { y: 0, width: 2, height: 1, mask: new Uint8Array([0, 1]) };
 * }
 * const geojson = await Deno.makeTempFile({ suffix: ".geojson" });
 * await writeBands(bands(), [new ObjectSink({ geojson }, { width: 2, height: 1 })]);
 * await Deno.remove(geojson);
 * ```
 *
 * @category Sinks
 */
export class ObjectSink implements MaskSink {
  readonly #files: ObjectFile[] = [];
  /** One per class. */
  readonly #polygonizers: readonly Polygonizer[];
  #opened = false;

  /**
   * Makes a sink; {@linkcode ObjectSink.open} opens the files.
   *
   * @throws {RangeError} If a size is not a positive integer.
   */
  constructor(files: ObjectFiles, options: ObjectSinkOptions) {
    const { width, height, mpp, classification = usualClass, onObject } =
      options;
    const { minArea = 0, tolerance = 0, producer } = options;
    const { objectType = "annotation" } = options;
    const { classes = [] } = options;
    const several = classes.length > 1;
    const colors = colorsOf(classes).map(rgbOf);
    const shown = several
      ? classes.map(({ name }, i) => ({ name, color: colors[i] }))
      : [{ name: classification.name, color: classification.color }];
    const texts = shown.map((one) => JSON.stringify(one));
    const indexOf = (polygon: MaskPolygon) => (polygon.class ?? 1) - 1;
    if (files.geojson !== undefined) {
      this.#files.push({
        path: files.geojson,
        head: `{"type":"FeatureCollection",${
          producer
            ? `"generator":${JSON.stringify(producerText(producer))},`
            : ""
        }"features":[`,
        foot: "\n]}\n",
        pending: new TextBuffer(),
        lineOf: (polygon, { index, id, measures }) => {
          const classification = texts[indexOf(polygon)];
          const about = { id, measures, objectType, classification };
          return `${index > 0 ? "," : ""}\n${featureText(polygon, about)}`;
        },
      });
    }
    if (files.csv !== undefined) {
      const { regionPx } = options;
      const areas = regionPx === undefined ? undefined : [
        regionPx,
        mpp ? rounded(regionPx * mpp.x * mpp.y) : "",
      ];
      const last = [...areas ? regionColumns : [], ...producer ? ["run"] : []];
      const ends = [...areas ?? [], ...producer ? [producer.run] : []];
      this.#files.push({
        path: files.csv,
        head: csvLine([...objectColumns, ...last]),
        foot: "",
        pending: new TextBuffer(),
        lineOf(polygon, about) {
          const { name } = shown[indexOf(polygon)];
          return csvLine([...objectFields({ ...about, name }), ...ends]);
        },
      });
    }
    let index = 0;
    this.#polygonizers = shown.map((_, i) =>
      new Polygonizer({
        width,
        height,
        class: several ? i + 1 : undefined,
        onPolygon: (traced) => {
          if (traced.area < minArea) {
            options.onSmallObject?.(traced);
            return;
          }
          const polygon = simplifyPolygon(traced, { tolerance });
          const measures = measurePolygon(polygon, { mpp });
          const id = objectId(measures, index);
          const about = { index: index++, id, measures };
          for (const file of this.#files) {
            file.pending.add(file.lineOf(polygon, about));
          }
          onObject?.(polygon, measures);
        },
      })
    );
  }

  /** Opens the files. */
  async open(): Promise<void> {
    this.#opened = true;
    for (const file of this.#files) {
      file.file = await AtomicFile.create(file.path);
      file.pending.add(file.head);
    }
  }

  /** Writes the objects that end in this band. */
  async write(band: MaskBand): Promise<void> {
    if (!this.#opened) await this.open();
    // A few rows at a time, so that the text of many small objects does not accumulate; with several classes a row, so that
    // objects end in an order that does not follow from the bands.
    const rows = this.#polygonizers.length > 1
      ? 1
      : Math.max(1, Math.floor(2 ** 18 / band.width));
    for (let row = 0; row < band.height; row += rows) {
      const part = partOf(band, row, rows);
      for (const polygonizer of this.#polygonizers) polygonizer.write(part);
      await this.#flush(CHUNK);
    }
  }

  /** Writes the objects that reach the bottom of the slide, and completes the files. */
  async close(): Promise<void> {
    if (!this.#opened) await this.open();
    for (const polygonizer of this.#polygonizers) await polygonizer.close();
    for (const file of this.#files) file.pending.add(file.foot);
    await this.#flush(0);
    for (const { file } of this.#files) await file!.close();
  }

  /** Removes what was written. */
  async abort(): Promise<void> {
    for (const polygonizer of this.#polygonizers) await polygonizer.abort();
    for (const { file } of this.#files) await file?.abort();
  }

  async #flush(least: number): Promise<void> {
    for (const file of this.#files) {
      if (file.pending.length <= least) continue;
      await file.file!.write(file.pending.take());
    }
  }
}

function partOf(band: MaskBand, row: number, rows: number): MaskBand {
  const { y, width } = band;
  const height = Math.min(rows, band.height - row);
  const from = row * width, to = from + height * width;
  return {
    y: y + row,
    width,
    height,
    mask: band.mask.subarray(from, to),
    probability8: band.probability8?.subarray(from, to),
  };
}

/** The columns of an object table: the same for all slides, so that tables can be concatenated. */
const objectColumns: readonly string[] = [
  ...["id", "class", "x", "y", "width", "height", "center_x", "center_y"],
  ...["Area px^2", "Perimeter px", "Max diameter px"],
  ...["Area µm^2", "Perimeter µm", "Max diameter µm"],
  ...["Circularity", "Solidity", "mean_probability"],
];

/** The columns of a table of a region. */
const regionColumns: readonly string[] = [
  ...["Region area px^2", "Region area µm^2"],
];

/** An object as a table row; unknown values are empty. The id is that of its GeoJSON feature. */
function objectFields(
  { id, measures, name }: {
    readonly id: string;
    readonly measures: PolygonMeasures;
    readonly name: string;
  },
): (string | number)[] {
  const { box, center, areaPx, perimeterPx, maxDiameterPx } = measures;
  const { areaUm2, perimeterUm, maxDiameterUm } = measures;
  const { circularity, solidity, probability } = measures;
  return [
    ...[id, name, box.x, box.y, box.width, box.height],
    ...[rounded(center.x), rounded(center.y)],
    ...[areaPx, rounded(perimeterPx), rounded(maxDiameterPx)],
    ...[rounded(areaUm2), rounded(perimeterUm), rounded(maxDiameterUm)],
    ...[rounded(circularity), rounded(solidity), rounded(probability)],
  ];
}

/** Four decimal places, or four significant digits for small numbers. */
function rounded(value: number | undefined): number | "" {
  if (value === undefined) return "";
  return Math.abs(value) >= 0.1
    ? Math.round(value * 1e4) / 1e4
    : Number(value.toPrecision(4));
}
