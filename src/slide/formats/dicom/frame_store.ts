import { cannot } from "../../../errors/cannot.ts";
import type { ByteSource } from "../../byte_source.ts";
import type { DicomHeader } from "./read_header.ts";
import { TAGS } from "./dataset.ts";

/** The frames of an instance, by their numbers from 0. */
export interface FrameStore {
  readonly count: number;
  /**
   * Reads the bytes of a frame.
   *
   * @throws {SyntaxError} If they are not where they should be.
   */
  read(frame: number, signal?: AbortSignal): Promise<Uint8Array<ArrayBuffer>>;
  /** Announces frames that will be read soon. */
  prefetch?(frames: readonly number[]): void;
}

/** Where frames lie: each from its offset to its end. */
interface FrameTable {
  readonly offsets: Float64Array;
  readonly ends: Float64Array;
}

const [ITEM, SEQUENCE_END] = [0xfffee000, 0xfffee0dd];

/** Bytes of an item's tag and length. */
const ITEM_HEAD = 8;

/** Bytes read at a time where no table says where frames are. */
const WALK_BYTES = 1 << 20;

/**
 * Finds the frames of a file.
 *
 * Source: DICOM PS3.5, annex A.4, and PS3.3, C.7.6.3.1.8 (the Extended Offset Table).
 *
 * @param options.bytes Bytes of a frame that is not compressed; `undefined` if frames lie in fragments.
 * @throws {SyntaxError} If they are not all there.
 */
export async function openFrames(
  source: ByteSource,
  { pixels, dataset }: DicomHeader,
  { count, bytes, signal }: {
    readonly count: number;
    readonly bytes?: number;
    readonly signal?: AbortSignal;
  },
): Promise<FrameStore> {
  if (!pixels) throw broken("it has no pixels");
  const { offset, length } = pixels;
  if ((bytes === undefined) !== (length === undefined)) {
    throw broken("its pixels are not written as its transfer syntax says");
  }
  if (bytes !== undefined) {
    if (count * bytes > length!) {
      throw broken(
        `its ${count} frames take ${count * bytes} bytes, and it has ${length}`,
      );
    }
    if (offset + count * bytes > source.size) throw cutShort(source);
    const rangeOf = (frame: number) => ({
      offset: offset + frame * bytes,
      length: bytes,
    });
    return {
      count,
      read: (frame) =>
        source.read(rangeOf(frame).offset, rangeOf(frame).length),
      prefetch: (frames) => source.prefetch?.(frames.map(rangeOf)),
    };
  }
  const first = await readItemHead(source, offset);
  if (first === undefined) throw broken("its frames have no first item");
  const start = offset + ITEM_HEAD + first;
  if (start > source.size) throw cutShort(source);
  const extended = dataset.get(TAGS.ExtendedOffsetTable[0])?.range;
  const lengths = dataset.get(TAGS.ExtendedOffsetTableLengths[0])?.range;
  const table = extended && lengths && extended.length > 0
    ? await readExtended(source, { extended, lengths, start, count })
    : first > 0
    ? await readBasic(source, { at: start - first, bytes: first, start, count })
    : await walk(source, { start, count, signal });
  return encapsulated(source, table);
}

/** The length of the item at an offset; `undefined` if there is none. */
async function readItemHead(
  source: ByteSource,
  offset: number,
): Promise<number | undefined> {
  if (offset + ITEM_HEAD > source.size) throw cutShort(source);
  const bytes = await source.read(offset, ITEM_HEAD);
  const view = new DataView(bytes.buffer);
  return tagOf(view, 0) === ITEM ? view.getUint32(4, true) : undefined;
}

function tagOf(view: DataView, at: number): number {
  return view.getUint16(at, true) * 65536 + view.getUint16(at + 2, true);
}

function makeTable(count: number): FrameTable {
  return { offsets: new Float64Array(count), ends: new Float64Array(count) };
}

async function readExtended(
  source: ByteSource,
  { extended, lengths, start, count }: {
    readonly extended: { readonly offset: number; readonly length: number };
    readonly lengths: { readonly offset: number; readonly length: number };
    readonly start: number;
    readonly count: number;
  },
): Promise<FrameTable> {
  if (extended.length !== 8 * count || lengths.length !== 8 * count) {
    throw broken(
      `its offset table lists ${
        extended.length / 8
      } frames, and it has ${count}`,
    );
  }
  const read = async ({ offset, length }: typeof extended) =>
    new DataView((await source.read(offset, length)).buffer);
  const [from, sizes] = await Promise.all([extended, lengths].map(read));
  const table = makeTable(count);
  for (let i = 0; i < count; i++) {
    const offset = start + Number(from.getBigUint64(8 * i, true));
    const length = Number(sizes.getBigUint64(8 * i, true));
    table.offsets[i] = offset;
    table.ends[i] = offset + ITEM_HEAD + length;
    if (!(table.ends[i] <= source.size)) throw cutShort(source);
  }
  return table;
}

async function readBasic(
  source: ByteSource,
  { at, bytes, start, count }: {
    readonly at: number;
    readonly bytes: number;
    readonly start: number;
    readonly count: number;
  },
): Promise<FrameTable> {
  if (bytes !== 4 * count) {
    throw broken(
      `its offset table lists ${bytes / 4} frames, and it has ${count}`,
    );
  }
  const view = new DataView((await source.read(at, bytes)).buffer);
  const table = makeTable(count);
  let turns = 0;
  for (let i = 0; i < count; i++) {
    const offset = view.getUint32(4 * i, true);
    // Offsets of 32 bits begin anew past 4 GiB; what is read there is checked.
    if (i > 0 && offset <= view.getUint32(4 * i - 4, true)) turns++;
    table.offsets[i] = start + offset + turns * 2 ** 32;
    if (i > 0) table.ends[i - 1] = table.offsets[i];
    if (table.offsets[i] + ITEM_HEAD <= source.size) continue;
    throw turns > 0
      ? broken("its offset table is not in order")
      : cutShort(source);
  }
  table.ends[count - 1] = await findEnd(source, table.offsets[count - 1]);
  return table;
}

/** Where the fragments of the last frame end. */
async function findEnd(source: ByteSource, offset: number): Promise<number> {
  let at = offset;
  for (let fragments = 0; fragments < MOST_FRAGMENTS; fragments++) {
    if (at + ITEM_HEAD > source.size) break;
    const length = await readItemHead(source, at);
    if (length === undefined) return at;
    at += ITEM_HEAD + length;
  }
  if (at > source.size) throw cutShort(source);
  return at;
}

/** Fragments of a frame: some writers limit the length of each. */
const MOST_FRAGMENTS = 4096;

/** Finds frames by passing over all fragments, in large reads. */
async function walk(
  source: ByteSource,
  { start, count, signal }: {
    readonly start: number;
    readonly count: number;
    readonly signal?: AbortSignal;
  },
): Promise<FrameTable> {
  const table = makeTable(count);
  let view = new DataView(new ArrayBuffer(0));
  let from = start;
  let at = start;
  for (let fragment = 0;; fragment++) {
    if (at + ITEM_HEAD > from + view.byteLength) {
      signal?.throwIfAborted();
      if (at + ITEM_HEAD > source.size) throw cutShort(source);
      from = at;
      const length = Math.min(WALK_BYTES, source.size - at);
      view = new DataView((await source.read(at, length)).buffer);
    }
    const tag = tagOf(view, at - from);
    if (tag === SEQUENCE_END) {
      if (fragment === count || count === 1) return table;
      throw broken(`it has ${fragment} of ${count} frames`);
    }
    if (tag !== ITEM) throw broken(`no fragment begins at byte ${at}`);
    const end = at + ITEM_HEAD + view.getUint32(at - from + 4, true);
    if (end > source.size) throw cutShort(source);
    if (fragment < count) table.offsets[fragment] = at;
    else if (count > 1) {
      throw broken(
        `it has more fragments than its ${count} frames, and no table that says which are whose`,
      );
    }
    table.ends[Math.min(fragment, count - 1)] = end;
    at = end;
  }
}

function encapsulated(
  source: ByteSource,
  { offsets, ends }: FrameTable,
): FrameStore {
  const rangeOf = (frame: number) => ({
    offset: offsets[frame],
    length: ends[frame] - offsets[frame],
  });
  return {
    count: offsets.length,
    async read(frame): Promise<Uint8Array<ArrayBuffer>> {
      const { offset, length } = rangeOf(frame);
      if (!(length > ITEM_HEAD)) throw broken(`its frame ${frame} is empty`);
      return joinFragments(await source.read(offset, length), frame);
    },
    prefetch: (frames) => source.prefetch?.(frames.map(rangeOf)),
  };
}

/** The contents of the items that a frame consists of. */
function joinFragments(
  bytes: Uint8Array<ArrayBuffer>,
  frame: number,
): Uint8Array<ArrayBuffer> {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const parts: Uint8Array<ArrayBuffer>[] = [];
  for (let at = 0; at + ITEM_HEAD <= bytes.length;) {
    const tag = tagOf(view, at);
    if (tag === SEQUENCE_END && at > 0) break;
    const length = view.getUint32(at + 4, true);
    const end = at + ITEM_HEAD + length;
    // Some tables of lengths count a frame without the byte that pads it.
    if (tag !== ITEM || end > bytes.length + 1) {
      throw broken(
        `its frame ${frame} is not where its offset table says`,
      );
    }
    parts.push(bytes.subarray(at + ITEM_HEAD, end));
    at = end;
  }
  if (parts.length === 1) return parts[0].slice();
  const whole = new Uint8Array(
    parts.reduce((sum, part) => sum + part.length, 0),
  );
  let end = 0;
  for (const part of parts) {
    whole.set(part, end);
    end += part.length;
  }
  return whole;
}

function broken(why: string): Error {
  return cannot("find the frames of a DICOM file", why, { kind: SyntaxError });
}

function cutShort({ size }: ByteSource): Error {
  return broken(`it is cut short: its frames go on past its end at ${size}`);
}
