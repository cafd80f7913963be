import { type Keyword, TAGS } from "../../src/slide/formats/dicom/dataset.ts";
import { WHOLE_SLIDE } from "../../src/slide/formats/dicom/transfer_syntax.ts";

/** Values of attributes by their keywords; `undefined` leaves one out. Sequences are lists of items. */
export type Attributes = {
  readonly [keyword in Keyword]?:
    | string
    | number
    | readonly number[]
    | readonly bigint[]
    | readonly Attributes[];
};

/** How a DICOM file is written. */
export interface DicomSpec {
  readonly attributes: Attributes;
  /** The frames' bytes; none leaves the pixels out. */
  readonly frames?: readonly Uint8Array[];
  /** The transfer syntax, after 1.2.840.10008.1.2. Default: `.1`, explicit little endian. */
  readonly syntax?: string;
  /** Which table says where frames in fragments are. Default: basic. */
  readonly table?: "basic" | "extended" | "none" | readonly number[];
  /** Fragments of each frame. Default: 1. */
  readonly fragments?: number;
  /** Whether sequences and items end with delimiters, not after a length. Default: false. */
  readonly isOpen?: boolean;
  /** Whether the 128 bytes before the file are there. Default: true. */
  readonly hasPreamble?: boolean;
}

const LONG = ["OB", "OW", "OV", "SQ", "UN", "UT"];

/** Writes a DICOM file. */
export function makeDicom(spec: DicomSpec): Uint8Array<ArrayBuffer> {
  const { syntax = ".1", hasPreamble = true, frames, table = "basic" } = spec;
  const root = "1.2.840.10008.1.2";
  const isImplicit = syntax === "";
  const meta = writeDataset({
    MediaStorageSOPClassUID: WHOLE_SLIDE,
    TransferSyntaxUID: root + syntax,
  }, { isImplicit: false, isOpen: false });
  const length = join([tag(0x00020000), text("UL"), u16(4), u32(meta.length)]);
  const encapsulated = !["", ".1"].includes(syntax);
  const tables = encapsulated && table === "extended" && frames
    ? extendedTable(frames)
    : {};
  return join([
    ...hasPreamble ? [new Uint8Array(128), text("DICM")] : [],
    length,
    meta,
    writeDataset({ ...spec.attributes, ...tables }, {
      isImplicit,
      isOpen: spec.isOpen ?? false,
    }),
    ...frames
      ? encapsulated
        ? [tag(0x7fe00010), text("OB"), u16(0), fragments(frames, spec)]
        : [
          tag(0x7fe00010),
          ...isImplicit ? [] : [text("OB"), u16(0)],
          u32(join(frames).length),
          join(frames),
        ]
      : [],
  ]);
}

interface Style {
  readonly isImplicit: boolean;
  readonly isOpen: boolean;
}

function writeDataset(attributes: Attributes, style: Style): Uint8Array {
  const elements = Object.entries(attributes)
    .filter(([, value]) => value !== undefined)
    .map(([keyword, value]) => [...TAGS[keyword as Keyword], value!] as const)
    .sort(([a], [b]) => a - b)
    .map(([number, vr, value]) => {
      const bytes = vr === "SQ"
        ? writeItems(value as readonly Attributes[], style)
        : writeValue(vr, value);
      const length = vr === "SQ" && style.isOpen ? 0xffffffff : bytes.length;
      const head = style.isImplicit
        ? [u32(length)]
        : LONG.includes(vr)
        ? [text(vr), u16(0), u32(length)]
        : [text(vr), u16(length)];
      return join([tag(number), ...head, bytes]);
    });
  return join(elements);
}

function writeItems(items: readonly Attributes[], style: Style): Uint8Array {
  const parts = items.map((item) => {
    const bytes = writeDataset(item, style);
    return style.isOpen
      ? join([tag(0xfffee000), u32(0xffffffff), bytes, tag(0xfffee00d), u32(0)])
      : join([tag(0xfffee000), u32(bytes.length), bytes]);
  });
  return join([...parts, ...style.isOpen ? [tag(0xfffee0dd), u32(0)] : []]);
}

function writeValue(vr: string, value: unknown): Uint8Array {
  const values = Array.isArray(value) ? value : [value];
  const writers: Record<string, (value: number) => Uint8Array> = {
    US: u16,
    UL: u32,
    SL: (value) => new Uint8Array(Int32Array.of(value).buffer),
    FL: (value) => new Uint8Array(Float32Array.of(value).buffer),
  };
  if (vr === "OV") return new Uint8Array(BigUint64Array.from(values).buffer);
  const writer = writers[vr];
  if (writer) return join(values.map((value) => writer(Number(value))));
  const bytes = text(values.join("\\"));
  return bytes.length % 2
    ? join([bytes, text(vr === "UI" ? "\0" : " ")])
    : bytes;
}

/** The sequence of fragments: its length, the table, and the frames. */
function fragments(
  frames: readonly Uint8Array[],
  { table = "basic", fragments: count = 1 }: DicomSpec,
): Uint8Array {
  const items = frames.map((frame) => {
    const step = Math.ceil(frame.length / count / 2) * 2;
    return join(
      Array.from({ length: count }, (_, i) => {
        const part = padded(frame.subarray(i * step, (i + 1) * step));
        return join([tag(0xfffee000), u32(part.length), part]);
      }),
    );
  });
  let next = 0;
  const offsets = items.map(({ length }) => (next += length) - length);
  const listed = table === "basic"
    ? offsets
    : typeof table === "string"
    ? []
    : table;
  const head = join(listed.map(u32));
  return join([
    u32(0xffffffff),
    ...[tag(0xfffee000), u32(head.length), head],
    ...items,
    ...[tag(0xfffee0dd), u32(0)],
  ]);
}

function extendedTable(frames: readonly Uint8Array[]): Attributes {
  let next = 0n;
  return {
    ExtendedOffsetTable: frames.map(({ length }) => {
      const offset = next;
      next += BigInt(8 + length + length % 2);
      return offset;
    }),
    ExtendedOffsetTableLengths: frames.map(({ length }) => BigInt(length)),
  };
}

function padded(bytes: Uint8Array): Uint8Array {
  return bytes.length % 2 ? join([bytes, new Uint8Array(1)]) : bytes;
}

const tag = (number: number) =>
  join([u16(Math.floor(number / 65536)), u16(number % 65536)]);
const u16 = (value: number) => new Uint8Array(Uint16Array.of(value).buffer);
const u32 = (value: number) => new Uint8Array(Uint32Array.of(value).buffer);
const text = (value: string) => new TextEncoder().encode(value);

function join(parts: readonly Uint8Array[]): Uint8Array<ArrayBuffer> {
  const out = new Uint8Array(
    parts.reduce((sum, { length }) => sum + length, 0),
  );
  let end = 0;
  for (const part of parts) {
    out.set(part, end);
    end += part.length;
  }
  return out;
}

/** A made picture of a slide. */
export interface DicomPictureSpec
  extends Omit<DicomSpec, "attributes" | "frames"> {
  readonly width: number;
  readonly height: number;
  readonly pixels: Uint8Array;
  readonly tile?: { readonly width: number; readonly height: number };
  readonly samples?: number;
  /** Encodes a frame. Default: as it is. */
  readonly encode?: (frame: Uint8Array) => Uint8Array;
  /** Tiles that no frame holds, and the order of the others: their numbers. Default: all, in order. */
  readonly order?: readonly number[];
  readonly isSparse?: boolean;
  /** Further attributes, or others. */
  readonly more?: Attributes;
}

/** Writes a picture of a slide: a level, unless `more` says otherwise. */
export function makeDicomPicture(
  spec: DicomPictureSpec,
): Uint8Array<ArrayBuffer> {
  const { width, height, pixels, samples = 3, isSparse = false, more } = spec;
  const { tile = { width: 16, height: 16 }, encode = (frame) => frame } = spec;
  const columns = Math.ceil(width / tile.width);
  const count = columns * Math.ceil(height / tile.height);
  const order = spec.order ?? [...Array(count).keys()];
  const frames = order.map((number) => {
    const [left, top] = placeOf(number);
    const frame = new Uint8Array(tile.width * tile.height * samples).fill(9);
    for (let y = 0; y < Math.min(tile.height, height - top); y++) {
      const from = ((top + y) * width + left) * samples;
      const row = Math.min(tile.width, width - left) * samples;
      frame.set(pixels.subarray(from, from + row), y * tile.width * samples);
    }
    return encode(frame);
  });
  function placeOf(number: number): [x: number, y: number] {
    const row = Math.floor(number / columns);
    return [(number % columns) * tile.width, row * tile.height];
  }
  const attributes: Attributes = {
    SOPClassUID: WHOLE_SLIDE,
    SOPInstanceUID: `1.2.3.${width}`,
    SeriesInstanceUID: "1.2.9",
    ImageType: "ORIGINAL\\PRIMARY\\VOLUME\\NONE",
    SamplesPerPixel: samples,
    PhotometricInterpretation: samples === 1 ? "MONOCHROME2" : "RGB",
    PlanarConfiguration: 0,
    NumberOfFrames: String(frames.length),
    Rows: tile.height,
    Columns: tile.width,
    BitsAllocated: 8,
    BitsStored: 8,
    HighBit: 7,
    PixelRepresentation: 0,
    TotalPixelMatrixColumns: width,
    TotalPixelMatrixRows: height,
    DimensionOrganizationType: isSparse ? "TILED_SPARSE" : "TILED_FULL",
    ...isSparse && {
      PerFrameFunctionalGroupsSequence: order.map((number) => {
        const [x, y] = placeOf(number);
        return framePlace(x, y);
      }),
    },
    SharedFunctionalGroupsSequence: [{
      PixelMeasuresSequence: [{ PixelSpacing: "0.0005\\0.0005" }],
    }],
    OpticalPathSequence: [{
      OpticalPathIdentifier: "1",
      ObjectiveLensPower: "20",
    }],
    ...more,
  };
  return makeDicom({ ...spec, attributes, frames });
}

/** The groups of a frame that lies at a pixel, counted from 0. */
export function framePlace(x: number, y: number): Attributes {
  return {
    PlanePositionSlideSequence: [{
      ColumnPositionInTotalImagePixelMatrix: x + 1,
      RowPositionInTotalImagePixelMatrix: y + 1,
      ZOffsetInSlideCoordinateSystem: "0",
    }],
  };
}

/** A picture reduced by a whole factor: the upper left of each square. */
export function reduce(
  pixels: Uint8Array,
  { width, height, factor, samples = 3 }: {
    readonly width: number;
    readonly height: number;
    readonly factor: number;
    readonly samples?: number;
  },
): { width: number; height: number; pixels: Uint8Array } {
  const [w, h] = [width, height].map((side) => Math.ceil(side / factor));
  const out = new Uint8Array(w * h * samples);
  for (let i = 0; i < out.length; i++) {
    const [x, y] = [Math.floor(i / samples) % w, Math.floor(i / samples / w)];
    out[i] = pixels[(y * factor * width + x * factor) * samples + i % samples];
  }
  return { width: w, height: h, pixels: out };
}
