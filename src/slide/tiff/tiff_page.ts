import { cannot } from "../../errors/cannot.ts";
import { MAX_TIFF_VALUES } from "../../io/limits.ts";
import { withoutEnd } from "../../io/without_end.ts";
import type { ByteSource } from "../byte_source.ts";
import type { StoredPicture } from "../encoding.ts";
import { type NdpiTags, readNdpiTags } from "./ndpi_tags.ts";

/** The contents of one TIFF directory, with defaults. */
export interface TiffPage extends StoredPicture {
  readonly subfileType: number;
  /** The program or scanner that wrote it. */
  readonly software: string;
  /** Tag 700, which may contain XML. */
  readonly xmp: string;
  /** Hamamatsu's tags. */
  readonly ndpi?: NdpiTags;
  /** Pixels per unit, and the unit: 2 inch, 3 centimeter. */
  readonly resolution?: {
    readonly x: number;
    readonly y: number;
    readonly unit: number;
  };
  /** The file that contains the blocks. */
  readonly source: ByteSource;
  /** Pages of the SubIFDs tag: reduced copies of this one. */
  readonly children: readonly TiffPage[];
  /** Loads the offsets and byte counts of its blocks. */
  readonly loadTable: () => Promise<BlockTable>;
}

/** Where the blocks of a page are in the file; an offset or a byte count of 0 marks a missing block. */
export interface BlockTable {
  readonly offsets: ArrayLike<number>;
  readonly byteCounts: ArrayLike<number>;
}

/** A directory whose entries have been read, but not all of their values. */
export interface TiffDirectory {
  hasTag(tag: number): boolean;
  /** A number, numbers, text or bytes, as the tag's type says; `undefined` if it is missing. */
  // deno-lint-ignore no-explicit-any
  loadValue(tag: number): Promise<any>;
  /** Long lists of integers that it does not load itself. */
  readonly deferredArrays: ReadonlyMap<string | number, DeferredNumbers>;
}

/** Where a list of integers is in the file. */
interface DeferredNumbers {
  readonly arrayOffset: number;
  readonly length: number;
  /** Bytes of each. */
  readonly itemSize: number;
}

/** The source of a directory's tags. */
interface TagSource {
  readonly tiff: { readonly littleEndian: boolean };
  readonly source: ByteSource;
}

/** Reads a parsed directory into a {@linkcode TiffPage}. */
export async function readTiffPage(
  directory: TiffDirectory,
  options: TagSource & {
    place: string;
    readChildren: (offsets: number[]) => Promise<TiffPage[]>;
  },
): Promise<TiffPage> {
  async function numbers(tag: number): Promise<number[]> {
    const values = await loadNumbers(directory, tag, options);
    // Damaged tags may hold NaN.
    return Array.from(values, (value) => Number(value) || 0);
  }
  async function number(tag: number, fallback: number): Promise<number> {
    return Math.trunc((await numbers(tag))[0] ?? fallback);
  }

  async function pair(
    tag: number,
    fallback: [number, number],
  ): Promise<[number, number]> {
    const [x = fallback[0], y = fallback[1]] = await numbers(tag);
    return [x, y];
  }

  async function text(tag: number): Promise<string> {
    if (!directory.hasTag(tag)) return "";
    const value = await directory.loadValue(tag);
    if (typeof value === "string") return withoutEnd(value, "\0");
    return ArrayBuffer.isView(value)
      ? new TextDecoder().decode(value as Uint8Array)
      : "";
  }

  const width = await number(256, 0);
  const height = await number(257, 0);
  const tiled = directory.hasTag(322);
  const samples = await number(277, 1);
  const rows = await number(278, 0);
  const [xResolution, yResolution] = [await numbers(282), await numbers(283)];
  const jpegTables = await directory.loadValue(347);
  const colorMap = await numbers(320);
  const [lows, highs] = [await numbers(340), await numbers(341)];
  return {
    place: options.place,
    width,
    height,
    tiled,
    blockWidth: tiled ? await number(322, 0) : width,
    // RowsPerStrip may be missing or huge; both mean one strip.
    blockHeight: tiled
      ? await number(323, 0)
      : rows > 0
      ? Math.min(rows, height)
      : height,
    samples,
    bits: spread(await numbers(258), samples),
    formats: spread(await numbers(339), samples),
    extraSamples: await numbers(338),
    compression: await number(259, 1),
    predictor: await number(317, 1),
    photometric: await number(262, -1),
    planar: (await number(284, 1)) === 2 && samples > 1,
    fillOrder: await number(266, 1),
    subfileType: await number(254, 0),
    description: await text(270),
    software: await text(305),
    xmp: await text(700),
    sampleRange: lows.length > 0 && highs.length > 0
      ? [Math.min(...lows.slice(0, 64)), Math.max(...highs.slice(0, 64))]
      : undefined,
    ndpi: directory.hasTag(65420)
      ? await readNdpiTags({
        numbers: (tag) => loadNumbers(directory, tag, options),
        text,
      })
      : undefined,
    resolution: xResolution.length === 2 && yResolution.length === 2
      ? {
        x: xResolution[0] / xResolution[1],
        y: yResolution[0] / yResolution[1],
        unit: await number(296, 2),
      }
      : undefined,
    colorMap: colorMap.length > 0 ? colorMap : undefined,
    jpegTables: jpegTables instanceof Uint8Array ? jpegTables : undefined,
    lercScheme: (await numbers(50674))[1],
    subsampling: await pair(530, [2, 2]),
    orientation: await number(274, 1),
    littleEndian: options.tiff.littleEndian,
    source: options.source,
    children: await options.readChildren(await numbers(330)),
    loadTable: async () => ({
      offsets: await loadIntegers(directory, tiled ? 324 : 273, options),
      byteCounts: await loadIntegers(directory, tiled ? 325 : 279, options),
    }),
  };
}

/** One value per sample: in TIFF, a single value applies to all. Default: 1. */
function spread(values: number[], samples: number): number[] {
  const count = Math.min(samples, 8);
  return Array.from(
    { length: count },
    (_, i) => values[i] ?? values.at(-1) ?? 1,
  );
}

/**
 * Loads a tag's integers.
 *
 * @throws {SyntaxError} If they are fractions or text, as in damaged files.
 */
async function loadIntegers(
  directory: TiffDirectory,
  tag: number,
  options: TagSource,
): Promise<ArrayLike<number>> {
  const values = await loadNumbers(directory, tag, options);
  if (Array.from(values).every(Number.isInteger)) return values;
  throw cannot(
    "read a directory of a TIFF",
    `its tag ${tag} must be of integers`,
    { kind: SyntaxError },
  );
}

/** Loads a tag's numbers; none if the tag is missing. */
async function loadNumbers(
  directory: TiffDirectory,
  tag: number,
  { tiff, source }: TagSource,
): Promise<ArrayLike<number>> {
  const deferred = directory.deferredArrays.get(tag);
  if (deferred === undefined) {
    const value = directory.hasTag(tag) ? await directory.loadValue(tag) : [];
    return typeof value === "number" ? [value] : value;
  }
  // Not through geotiff: 3.0.5 takes such arrays as little-endian in every file.
  const { arrayOffset, length, itemSize } = deferred;
  if (length > MAX_TIFF_VALUES) {
    throw cannot(
      "read a directory of a TIFF",
      `its tag ${tag} claims ${length} values, more than ${MAX_TIFF_VALUES}`,
      { kind: RangeError },
    );
  }
  const bytes = await source.read(arrayOffset, length * itemSize);
  const view = new DataView(bytes.buffer);
  const little = tiff.littleEndian;
  return Float64Array.from({ length }, (_, i) => {
    if (itemSize === 1) return view.getUint8(i);
    if (itemSize === 2) return view.getUint16(i * 2, little);
    if (itemSize === 4) return view.getUint32(i * 4, little);
    return Number(view.getBigUint64(i * 8, little));
  });
}
