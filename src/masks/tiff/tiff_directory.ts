import { rgbOf } from "../../io/classes.ts";

/** One level of a tiled image, as its directory describes it. */
export interface TiffDirectoryLevel {
  readonly width: number;
  readonly height: number;
  /** Byte offset of each tile in the file, row by row. */
  readonly offsets: readonly number[];
  /** Compressed bytes of each tile. */
  readonly byteCounts: readonly number[];
}

/** The contents of a TIFF's directories, which describe one image. */
export interface TiffDirectoryOptions {
  /** The full image first; each level is half the size of the previous one. */
  readonly levels: readonly TiffDirectoryLevel[];
  readonly samples: 1 | 3;
  /** Colors of the values of one sample, such as `#e69f00`: a palette. Default: black is zero. */
  readonly palette?: readonly string[];
  readonly tileSize: number;
  /** BigTIFF: 8-byte offsets. */
  readonly big: boolean;
  readonly mpp?: { readonly x: number; readonly y: number };
  readonly description?: string;
  readonly software: string;
}

const ASCII = 2, SHORT = 3, LONG = 4, RATIONAL = 5, IFD = 13;
const LONG8 = 16, IFD8 = 18;
/** Bytes of each stored number; a rational has two. */
const SIZES: Record<number, number> = {
  [ASCII]: 1,
  [SHORT]: 2,
  [LONG]: 4,
  [RATIONAL]: 4,
  [IFD]: 4,
  [LONG8]: 8,
  [IFD8]: 8,
};

interface Entry {
  readonly tag: number;
  readonly type: number;
  readonly values: readonly number[];
  /** Offset of the values, if they are not in or right after the directory. */
  readonly at?: number;
}

/** Encodes a little-endian TIFF header whose first directory is at `directoryOffset`. */
export function encodeTiffHeader(
  big: boolean,
  directoryOffset: number,
): Uint8Array {
  const bytes = new Uint8Array(big ? 16 : 8);
  const view = new DataView(bytes.buffer);
  view.setUint16(0, 0x4949, true);
  view.setUint16(2, big ? 43 : 42, true);
  if (big) {
    view.setUint16(4, 8, true);
    view.setBigUint64(8, BigInt(directoryOffset), true);
  } else {
    view.setUint32(4, directoryOffset, true);
  }
  return bytes;
}

/**
 * Encodes the end of a file: the levels' tile tables, then their directories. `position`, an even number, is its offset in the
 * file; `first` is the offset of the first directory.
 *
 * Readers look for levels in two places. OpenSlide (generic-tiff) walks the chain of directories and takes those that are tiled
 * and marked as reduced (NewSubfileType 1); it does not look at SubIFDs. Bio-Formats (thus QuPath) and tifffile take an
 * OME-TIFF's levels from the SubIFDs of the first directory, as OME-TIFF 6 defines them, and skip the reduced ones of the
 * chain. So each smaller level has a directory in both places, with the same table and tiles. One directory cannot serve as
 * both, since a SubIFD that has a successor would start a chain of its own (TIFF Technical Note 1).
 *
 * Source: TIFF 6.0 (Adobe, 1992), BigTIFF (libtiff), compression 8 of TIFF Technical Note 2.
 */
export function encodeTiffDirectories(
  options: TiffDirectoryOptions,
  position: number,
): { readonly bytes: Uint8Array; readonly first: number } {
  const { levels, big } = options;
  const parts: Uint8Array[] = [];
  let end = position;
  const add = (part: Uint8Array): number => {
    const at = end;
    parts.push(part);
    end += part.length;
    return at;
  };
  const tables = levels.map(({ offsets, byteCounts }) => {
    const table = (tag: number, type: number, values: readonly number[]) => {
      const size = values.length * SIZES[type];
      if (size <= (big ? 8 : 4)) return { tag, type, values };
      const bytes = new Uint8Array(evenSize(size));
      putValues(new DataView(bytes.buffer), 0, { type, values });
      return { tag, type, values, at: add(bytes) };
    };
    return [
      table(324, big ? LONG8 : LONG, offsets),
      table(325, LONG, byteCounts),
    ];
  });
  const sizes = levels.map((_, level) =>
    directorySize([...entriesOf(options, level), ...tables[level]], big)
  );
  const subDirectories = sizes.slice(1).map((size) => {
    const at = end;
    end += size;
    return at;
  });
  const links: Entry[] = subDirectories.length === 0 ? [] : [
    { tag: 330, type: big ? IFD8 : IFD, values: subDirectories },
  ];
  subDirectories.forEach((at, index) => {
    const entries = [...entriesOf(options, index + 1), ...tables[index + 1]];
    parts.push(encodeDirectory(entries, { big, position: at, next: 0 }));
  });
  const first = end;
  levels.forEach((_, level) => {
    const entries = [
      ...entriesOf(options, level),
      ...tables[level],
      ...(level === 0 ? links : []),
    ];
    const next = level + 1 < levels.length
      ? end + directorySize(entries, big)
      : 0;
    add(encodeDirectory(entries, { big, position: end, next }));
  });
  const bytes = new Uint8Array(end - position);
  let at = 0;
  for (const part of parts) {
    bytes.set(part, at);
    at += part.length;
  }
  return { bytes, first };
}

/** Values begin on a word boundary. */
const evenSize = (size: number): number => size + size % 2;

/** Bytes of an entry's values after its directory. */
function outsideSize({ type, values, at }: Entry, big: boolean): number {
  const size = values.length * SIZES[type];
  return at !== undefined || size <= (big ? 8 : 4) ? 0 : evenSize(size);
}

function directorySize(entries: readonly Entry[], big: boolean): number {
  const head = (big ? 16 : 6) + entries.length * (big ? 20 : 12);
  return entries.reduce((sum, entry) => sum + outsideSize(entry, big), head);
}

function encodeDirectory(
  entries: readonly Entry[],
  options: {
    readonly big: boolean;
    readonly position: number;
    readonly next: number;
  },
): Uint8Array {
  const { big, position, next } = options;
  const bytes = new Uint8Array(directorySize(entries, big));
  const view = new DataView(bytes.buffer);
  const putOffset = (at: number, value: number): void => {
    if (big) view.setBigUint64(at, BigInt(value), true);
    else view.setUint32(at, value, true);
  };
  if (big) view.setBigUint64(0, BigInt(entries.length), true);
  else view.setUint16(0, entries.length, true);
  const entrySize = big ? 20 : 12;
  const tail = (big ? 8 : 2) + entries.length * entrySize;
  putOffset(tail, next);
  let free = tail + (big ? 8 : 4);
  entries.forEach((entry, index) => {
    const { tag, type, values } = entry;
    const head = (big ? 8 : 2) + index * entrySize;
    view.setUint16(head, tag, true);
    view.setUint16(head + 2, type, true);
    putOffset(head + 4, type === RATIONAL ? values.length / 2 : values.length);
    const inline = head + (big ? 12 : 8);
    const outside = outsideSize(entry, big);
    if (entry.at !== undefined) {
      putOffset(inline, entry.at);
    } else if (outside > 0) {
      putOffset(inline, position + free);
      putValues(view, free, entry);
      free += outside;
    } else {
      putValues(view, inline, entry);
    }
  });
  return bytes;
}

function putValues(
  view: DataView,
  at: number,
  { type, values }: Pick<Entry, "type" | "values">,
): void {
  const step = SIZES[type];
  for (const value of values) {
    if (step === 1) view.setUint8(at, value);
    else if (step === 2) view.setUint16(at, value, true);
    else if (step === 4) view.setUint32(at, value, true);
    else view.setBigUint64(at, BigInt(value), true);
    at += step;
  }
}

/** The entries of a level by tag, except tables and links. */
function entriesOf(options: TiffDirectoryOptions, level: number): Entry[] {
  const { samples, palette, description, software, tileSize } = options;
  const [full] = options.levels;
  const { width, height } = options.levels[level];
  const mpp = options.mpp && {
    x: options.mpp.x * full.width / width,
    y: options.mpp.y * full.height / height,
  };
  const entry = (tag: number, type: number, ...values: number[]): Entry => ({
    tag,
    type,
    values,
  });
  const text = (tag: number, value: string): Entry =>
    entry(tag, ASCII, ...new TextEncoder().encode(value), 0);
  return [
    ...(level > 0 ? [entry(254, LONG, 1)] : []), // A reduced image.
    entry(256, LONG, width),
    entry(257, LONG, height),
    entry(258, SHORT, ...Array<number>(samples).fill(8)),
    entry(259, SHORT, 8), // Deflate.
    // RGB, palette, or black is zero.
    entry(262, SHORT, samples === 3 ? 2 : palette ? 3 : 1),
    ...(description && level === 0 ? [text(270, description)] : []),
    entry(277, SHORT, samples),
    ...(mpp
      ? [
        entry(282, RATIONAL, ...perCentimeter(mpp.x)),
        entry(283, RATIONAL, ...perCentimeter(mpp.y)),
      ]
      : []),
    entry(284, SHORT, 1), // Chunky.
    ...(mpp ? [entry(296, SHORT, 3)] : []), // Per centimeter.
    text(305, software),
    ...(palette ? [entry(320, SHORT, ...colorMap(palette))] : []),
    entry(322, LONG, tileSize),
    entry(323, LONG, tileSize),
  ];
}

/** All reds of a palette of 256, then all greens, then all blues, in 16 bits. */
function colorMap(palette: readonly string[]): number[] {
  const colors = palette.map(rgbOf);
  return [0, 1, 2].flatMap((channel) =>
    Array.from({ length: 256 }, (_, i) => (colors[i]?.[channel] ?? 0) * 257)
  );
}

/** Pixels per centimeter as a fraction of two 32-bit numbers, as precise as these allow. */
function perCentimeter(mpp: number): number[] {
  const value = 1e4 / mpp;
  let scale = 1e9;
  while (scale > 1 && value * scale > 0xffffffff) scale /= 10;
  return [Math.min(0xffffffff, Math.round(value * scale)), scale];
}
