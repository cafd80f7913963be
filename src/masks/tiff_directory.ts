/** What a TIFF's directory says about its one tiled image. */
export interface TiffDirectory {
  readonly width: number;
  readonly height: number;
  readonly samples: 1 | 3;
  readonly tileSize: number;
  /** BigTIFF: 8-byte offsets. */
  readonly big: boolean;
  readonly mpp?: { readonly x: number; readonly y: number };
  readonly description?: string;
  readonly software: string;
  /** Byte offset of each tile in the file, row by row. */
  readonly offsets: readonly number[];
  /** Compressed bytes of each tile. */
  readonly byteCounts: readonly number[];
}

const SHORT = 3, LONG = 4, ASCII = 2, RATIONAL = 5, LONG8 = 16;
/** Bytes of each stored number; a rational is two of them. */
const SIZES: Record<number, number> = {
  [ASCII]: 1,
  [SHORT]: 2,
  [LONG]: 4,
  [RATIONAL]: 4,
  [LONG8]: 8,
};

interface Entry {
  readonly tag: number;
  readonly type: number;
  readonly values: readonly number[];
}

/** Encodes a little-endian TIFF header whose first directory lies at `directoryOffset`. */
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
 * Encodes a directory that will lie at byte `position` of the file, with the values too long for its entries behind it.
 *
 * Source: TIFF 6.0 (Adobe, 1992), BigTIFF (libtiff), compression 8 of TIFF Technical Note 2.
 */
export function encodeTiffDirectory(
  directory: TiffDirectory,
  position: number,
): Uint8Array {
  const entries = entriesOf(directory);
  const { big } = directory;
  const inline = big ? 8 : 4;
  const entrySize = big ? 20 : 12;
  const head = (big ? 8 : 2) + entries.length * entrySize + inline;
  const outside = entries.map(({ type, values }) => {
    const size = values.length * SIZES[type];
    return size > inline ? size + size % 2 : 0; // Values begin on a word boundary.
  });
  const bytes = new Uint8Array(outside.reduce((sum, size) => sum + size, head));
  const view = new DataView(bytes.buffer);
  if (big) view.setBigUint64(0, BigInt(entries.length), true);
  else view.setUint16(0, entries.length, true);
  let free = head;
  entries.forEach(({ tag, type, values }, index) => {
    let at = (big ? 8 : 2) + index * entrySize;
    view.setUint16(at, tag, true);
    view.setUint16(at + 2, type, true);
    const count = type === RATIONAL ? values.length / 2 : values.length;
    if (big) view.setBigUint64(at + 4, BigInt(count), true);
    else view.setUint32(at + 4, count, true);
    at += big ? 12 : 8;
    if (outside[index] > 0) {
      if (big) view.setBigUint64(at, BigInt(position + free), true);
      else view.setUint32(at, position + free, true);
      at = free;
      free += outside[index];
    }
    putValues(view, at, type, values);
  });
  return bytes; // The next directory's offset stays 0: there is none.
}

function putValues(
  view: DataView,
  at: number,
  type: number,
  values: readonly number[],
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

function entriesOf(directory: TiffDirectory): Entry[] {
  const { samples, mpp, description, tileSize } = directory;
  const offset = directory.big ? LONG8 : LONG;
  const entry = (tag: number, type: number, ...values: number[]): Entry => ({
    tag,
    type,
    values,
  });
  const text = (tag: number, value: string): Entry => ({
    tag,
    type: ASCII,
    values: [...new TextEncoder().encode(value), 0],
  });
  return [
    entry(256, LONG, directory.width),
    entry(257, LONG, directory.height),
    entry(258, SHORT, ...Array<number>(samples).fill(8)),
    entry(259, SHORT, 8), // Deflate.
    entry(262, SHORT, samples === 3 ? 2 : 1), // RGB, or black is zero.
    ...(description ? [text(270, description)] : []),
    entry(277, SHORT, samples),
    ...(mpp
      ? [{ tag: 282, type: RATIONAL, values: perCentimetre(mpp.x) }, {
        tag: 283,
        type: RATIONAL,
        values: perCentimetre(mpp.y),
      }]
      : []),
    entry(284, SHORT, 1), // Chunky.
    ...(mpp ? [entry(296, SHORT, 3)] : []), // Per centimetre.
    text(305, directory.software),
    entry(322, LONG, tileSize),
    entry(323, LONG, tileSize),
    { tag: 324, type: offset, values: directory.offsets },
    { tag: 325, type: LONG, values: directory.byteCounts },
  ];
}

/** Pixels a centimetre as a fraction of two 32-bit numbers, with as many digits as these hold. */
function perCentimetre(mpp: number): number[] {
  const value = 1e4 / mpp;
  let scale = 1e9;
  while (scale > 1 && value * scale > 0xffffffff) scale /= 10;
  return [Math.min(0xffffffff, Math.round(value * scale)), scale];
}
