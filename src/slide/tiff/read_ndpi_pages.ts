import { cannot } from "../../errors/cannot.ts";
import {
  MAX_TIFF_DIRECTORIES,
  MAX_TIFF_READ,
  MAX_TIFF_VALUES,
} from "../../io/limits.ts";
import type { ByteSource } from "../byte_source.ts";
import {
  readTiffPage,
  type TiffDirectory,
  type TiffPage,
} from "./tiff_page.ts";

/** Bytes before and after the start of a directory that usually contain it and its values: one request to a server. */
const AROUND = 4096;
/** Bytes of an entry, of the high half of its value, and of a link. */
const [ENTRY, HIGH, LINK] = [12, 4, 8];
/** Hamamatsu's tag that all of its pages have. */
const NDPI = 65420;

/** An entry of a directory. */
interface Entry {
  readonly type: number;
  readonly count: number;
  /** Where its value is in the file. */
  readonly offset: number;
  /** Bits 32 to 63 of a number that is in the entry itself. */
  readonly high: number;
}

/** Bytes of a value, and how it is read, by its type. */
const TYPES: {
  readonly [type: number]: readonly [
    size: number,
    read: (view: DataView, at: number) => number,
  ];
} = {
  1: [1, (view, at) => view.getUint8(at)],
  3: [2, (view, at) => view.getUint16(at, true)],
  4: [4, (view, at) => view.getUint32(at, true)],
  6: [1, (view, at) => view.getInt8(at)],
  7: [1, (view, at) => view.getUint8(at)],
  8: [2, (view, at) => view.getInt16(at, true)],
  9: [4, (view, at) => view.getInt32(at, true)],
  11: [4, (view, at) => view.getFloat32(at, true)],
  12: [8, (view, at) => view.getFloat64(at, true)],
  13: [4, (view, at) => view.getUint32(at, true)],
};
const [ASCII, LONG, RATIONAL, SRATIONAL] = [2, 4, 5, 10];

/**
 * Reads the directories of a Hamamatsu NDPI. It looks like a TIFF, but links have 64 bits, each directory's link is followed
 * by the high halves of its entries' values, entries come in any order, and text is never in an entry itself.
 *
 * Source: the notes on NDPI of OpenSlide (openslide#174, #560, #586, #602) and of ndpitools.
 *
 * @returns `undefined` if it is another kind of TIFF.
 * @throws {SyntaxError} If its directories are damaged or loop.
 */
export async function readNdpiPages(
  source: ByteSource,
  { signal }: { readonly signal?: AbortSignal } = {},
): Promise<TiffPage[] | undefined> {
  const head = await source.read(0, Math.min(12, source.size));
  if (head.length < 12 || head[0] !== 0x49 || head[2] !== 42) return undefined;
  const seen = new Set<number>();
  const pages: TiffPage[] = [];
  let at = readLink(new DataView(head.buffer), 4);
  if (!isWithin(at, source)) return undefined;
  while (at !== 0) {
    signal?.throwIfAborted();
    if (seen.has(at)) throw damaged("its directories loop");
    if (seen.size === MAX_TIFF_DIRECTORIES) {
      throw damaged(`it has more than ${MAX_TIFF_DIRECTORIES} directories`);
    }
    if (!isWithin(at, source)) {
      throw damaged(
        `its directory ${seen.size} is damaged: it points past the end of the file`,
      );
    }
    seen.add(at);
    const { directory, next } = await readDirectory(source, at);
    if (seen.size === 1 && !directory.hasTag(NDPI)) return undefined;
    pages.push(
      await readTiffPage(directory, {
        tiff: { littleEndian: true },
        source,
        place: `page ${pages.length}`,
        readChildren: () => Promise.resolve([]),
      }),
    );
    at = next;
  }
  return pages;
}

function isWithin(offset: number, { size }: ByteSource): boolean {
  return offset >= 12 && offset + 2 <= size;
}

async function readDirectory(
  source: ByteSource,
  at: number,
): Promise<{ directory: TiffDirectory; next: number }> {
  // Values come before it, after it, or both.
  const from = Math.max(0, at - AROUND);
  const length = Math.min(2 * AROUND, source.size - from);
  source.prefetch?.([{ offset: from, length }]);
  const count = new DataView((await source.read(at, 2)).buffer)
    .getUint16(0, true);
  const bytes = new Uint8Array(2 + count * (ENTRY + HIGH) + LINK);
  const there = await source.read(
    at,
    Math.min(bytes.length, source.size - at),
  );
  const linkAt = 2 + count * ENTRY;
  if (there.length < linkAt) throw damaged("a directory is cut short");
  // The last directory may end before its halves: they are 0 then.
  bytes.set(there);
  const view = new DataView(bytes.buffer);
  const entries = new Map<number, Entry>();
  for (let i = 0; i < count; i++) {
    const entry = 2 + i * ENTRY;
    const high = view.getUint32(linkAt + LINK + i * HIGH, true);
    const type = view.getUint16(entry + 2, true);
    const values = view.getUint32(entry + 4, true);
    const isInline = type !== ASCII && sizeOf(type) * values <= 4;
    const offset = isInline
      ? at + entry + 8
      : view.getUint32(entry + 8, true) + high * 2 ** 32;
    const tag = view.getUint16(entry, true);
    entries.set(tag, {
      type,
      count: values,
      offset,
      high: isInline && type === LONG ? high : 0,
    });
  }
  const directory: TiffDirectory = {
    hasTag: (tag) => entries.has(tag),
    deferredArrays: new Map(),
    loadValue: async (tag) => {
      const entry = entries.get(tag);
      return entry && await loadEntry(source, tag, entry);
    },
  };
  return { directory, next: readLink(view, linkAt) };
}

/** Bytes of a value of a type; 0 if it is unknown. */
function sizeOf(type: number): number {
  if (type === RATIONAL || type === SRATIONAL) return 8;
  return type === ASCII ? 1 : TYPES[type]?.[0] ?? 0;
}

/** The text, the bytes or the numbers of an entry: two for each fraction. */
async function loadEntry(
  source: ByteSource,
  tag: number,
  { type, count, offset, high }: Entry,
): Promise<string | Uint8Array | Float64Array> {
  const most = type === ASCII ? MAX_TIFF_READ : MAX_TIFF_VALUES;
  if (count > most) {
    throw cannot(
      "read a directory of a TIFF",
      `its tag ${tag} claims ${count} values, more than ${most}`,
      { kind: RangeError },
    );
  }
  const length = sizeOf(type) * count;
  if (offset + length > source.size) {
    throw damaged(`its tag ${tag} points past the end of the file`);
  }
  const bytes = await source.read(offset, length);
  if (type === ASCII) return textOf(bytes);
  const view = new DataView(bytes.buffer);
  if (type === RATIONAL || type === SRATIONAL) {
    const [, read] = TYPES[type === RATIONAL ? LONG : 9];
    return Float64Array.from(
      { length: 2 * count },
      (_, i) => read(view, 4 * i),
    );
  }
  const known = TYPES[type];
  // Bytes, which may be text; none of an unknown type.
  if (!known || known[0] === 1) return bytes;
  const [size, read] = known;
  const values = Float64Array.from(
    { length: count },
    (_, i) => read(view, i * size),
  );
  if (high > 0) values[0] += high * 2 ** 32;
  return values;
}

/** Text up to its zero. */
function textOf(bytes: Uint8Array): string {
  const end = bytes.indexOf(0);
  return new TextDecoder().decode(end < 0 ? bytes : bytes.subarray(0, end));
}

function readLink(view: DataView, at: number): number {
  return view.getUint32(at, true) + view.getUint32(at + 4, true) * 2 ** 32;
}

function damaged(why: string): Error {
  return cannot("read the directories of a Hamamatsu NDPI", why, {
    kind: SyntaxError,
  });
}
