import { Buffer } from "node:buffer";
import { createHash } from "node:crypto";
import { promisify } from "node:util";
import { deflateRaw, inflateRaw } from "node:zlib";
import { cannot, explained } from "../../errors/cannot.ts";
import { AtomicFile } from "../../io/atomic_file.ts";
import { isAbsent } from "../../io/is_absent.ts";
import type { Overview, OverviewRow } from "../../masks/pictures/overview.ts";
import type { RunRecord } from "../../masks/run_record.ts";
import { type TilePosition, tileSpan } from "../../tiles/plan_tiles.ts";
import {
  type JournalTile,
  type KeptTiles,
  packTile,
  unpackTile,
} from "../pack_tile.ts";
import { findRecord, packRecord, readAt, readRecords } from "../tile_record.ts";
import type { SlideFacts } from "../write_results.ts";

// "TWP2", the head's size and the head; records of tiles in order, of the picture's rows, and of the trailer; then where the
// picture and the trailer begin, and the SHA-256 of all before it.
const MAGIC = 0x32505754;
const [START_BYTES, END_BYTES] = [8, 48];
/** Indices of records that are no tiles. */
const [PICTURE, TRAILER] = [0xfffffffe, 0xffffffff];
/** The longest head: it holds what checkpoints say about their training. */
const MAX_HEAD = 2 ** 26;

/** The head of a part: what it is of, and what the results of its slide need. */
export interface PartHead extends KeptTiles {
  /** The digest of its `cohort.json`. */
  readonly cohort: string;
  /** Its number. */
  readonly part: number;
  /** The slide's grid: its first tile, and tiles in a row. */
  readonly grid: { readonly first: TilePosition; readonly columns: number };
  /** What the slide's results say, whatever the run. */
  readonly facts: SlideFacts;
}

/** How far the adapter of a part agrees with another one, by a tile that both have computed. */
export interface Agreement {
  /** The other adapter, its driver and runtime. */
  readonly identity: string;
  /** The part that the tile is of, and the tile's index. */
  readonly part: number;
  readonly tile: number;
  /** Dice of the two masks, and the number of pixels that differ. */
  readonly dice: number;
  readonly different: number;
}

/** The trailer of a part: what is known after its last tile. */
export interface PartTrailer {
  readonly tiles: { readonly seen: number; readonly skipped: number };
  /** Pixels of the region in its rows, and of those in tiles with tissue. Default: all of the slide is looked at. */
  readonly region?: { readonly areaPx: number; readonly seenPx: number };
  /** The run that computed it. */
  readonly run: RunRecord;
  /** The adapter, driver and runtime: others round differently. */
  readonly identity: string;
  /** How far that adapter agrees with another that has computed parts. */
  readonly agreement?: Agreement;
  readonly path: string;
  readonly memory?: string;
  readonly milliseconds: Readonly<Record<string, number>>;
}

/** A part that is complete. */
export interface PartFile extends PartHead, PartTrailer {
  readonly path: string;
  /** Path of the part's own file. */
  readonly file: string;
  readonly places: {
    readonly tiles: number;
    readonly picture: number;
    readonly trailer: number;
  };
}

const deflate = promisify<Uint8Array, Uint8Array>((bytes, done) =>
  deflateRaw(bytes, { level: 1 }, done)
);
const inflate = promisify<Uint8Array, Uint8Array>((bytes, done) =>
  inflateRaw(bytes, done)
);

/**
 * Writes a part under a temporary name, synchronizes and renames it.
 *
 * @param tiles Its tiles with tissue, in order.
 * @param end Called after the last tile, with the one that says most: that whose mask and probabilities take the most bytes.
 */
export async function writePart(
  path: string,
  { head, tiles, overview, end }: {
    readonly head: PartHead;
    readonly tiles: AsyncIterable<JournalTile>;
    readonly overview?: Overview;
    readonly end: (
      tile: JournalTile | undefined,
    ) => PartTrailer | Promise<PartTrailer>;
  },
): Promise<PartTrailer> {
  await using file = await AtomicFile.create(path);
  const hash = createHash("sha256");
  let at = 0;
  const write = async (bytes: Uint8Array) => {
    hash.update(bytes);
    at += await file.write(bytes);
  };
  const text = new TextEncoder().encode(JSON.stringify(head));
  const start = new DataView(new ArrayBuffer(START_BYTES));
  start.setUint32(0, MAGIC, true);
  start.setUint32(4, text.length, true);
  await write(new Uint8Array(start.buffer));
  await write(text);
  let most: { tile: TilePosition; payload: Uint8Array } | undefined;
  for await (const one of tiles) {
    const { tile } = one;
    const payload = await packTile(one, head);
    await write(packRecord(tile.index, payload));
    if (payload.length > (most?.payload.length ?? 0)) most = { tile, payload };
  }
  const picture = at;
  for (const row of overview?.rows() ?? []) {
    await write(packRecord(PICTURE, await packRow(row)));
  }
  const trailer = at;
  const ended = await end(
    most && await unpackTile(most.payload, most.tile, head),
  );
  const last = new TextEncoder().encode(JSON.stringify(ended));
  await write(packRecord(TRAILER, last));
  const places = new DataView(new ArrayBuffer(16));
  places.setFloat64(0, picture, true);
  places.setFloat64(8, trailer, true);
  await write(new Uint8Array(places.buffer));
  await file.write(hash.digest());
  await file.close();
  return ended;
}

/** A row of the picture: its number, whether it is of sums, and what it has. */
async function packRow({ y, rgb, sums }: OverviewRow): Promise<Uint8Array> {
  const bytes = rgb ??
    new Uint8Array(sums!.buffer, sums!.byteOffset, sums!.byteLength);
  const head = new DataView(new ArrayBuffer(5));
  head.setUint32(0, y, true);
  head.setUint8(4, rgb ? 0 : 1);
  return Buffer.concat([new Uint8Array(head.buffer), await deflate(bytes)]);
}

async function unpackRow(payload: Uint8Array): Promise<OverviewRow> {
  const head = new DataView(payload.buffer, payload.byteOffset, 5);
  const y = head.getUint32(0, true);
  const bytes = Uint8Array.from(await inflate(payload.subarray(5)));
  return head.getUint8(4) === 0
    ? { y, rgb: bytes }
    : { y, sums: new Uint32Array(bytes.buffer) };
}

/**
 * Reads what a part says; `undefined` if there is none of this cohort (with this number) that is complete. Tiles are not checked: see
 * {@linkcode isIntactPart}.
 *
 * @throws {Error} If its medium fails.
 */
export async function readPart(
  path: string,
  { cohort, part }: { readonly cohort: string; readonly part?: number },
): Promise<PartFile | undefined> {
  try {
    using file = await Deno.open(path);
    const { size } = await file.stat();
    if (size < START_BYTES + END_BYTES) return undefined;
    const start = viewOf(await readAt(file, 0, START_BYTES));
    const length = start.getUint32(4, true);
    if (start.getUint32(0, true) !== MAGIC || length > MAX_HEAD) {
      return undefined;
    }
    const head = await jsonAt<PartHead>(file, START_BYTES, length);
    const isOne = head?.cohort === cohort &&
      (part === undefined || head.part === part);
    if (!isOne) return undefined;
    const places = viewOf(await readAt(file, size - END_BYTES, 16));
    const trailer = places.getFloat64(8, true);
    const record = await findRecord(file, trailer, size - END_BYTES);
    if (record?.index !== TRAILER) return undefined;
    const ended = await jsonAt<PartTrailer>(file, record.offset, record.size);
    const picture = places.getFloat64(0, true);
    const tiles = START_BYTES + length;
    return {
      ...head,
      ...ended!,
      file: path,
      places: { tiles, picture, trailer },
    };
  } catch (error) {
    if (isAbsent(error) || error instanceof SyntaxError) return undefined;
    throw explained(error, `read "${path}"`);
  }
}

function viewOf(bytes: Uint8Array<ArrayBuffer> | undefined): DataView {
  if (!bytes) throw new SyntaxError("the file ends too soon");
  return new DataView(bytes.buffer);
}

async function jsonAt<T>(
  file: Deno.FsFile,
  offset: number,
  size: number,
): Promise<T> {
  const bytes = await readAt(file, offset, size);
  return JSON.parse(new TextDecoder().decode(bytes));
}

/** Whether a part has the bytes that were written: reads all of it. */
export async function isIntactPart({ file }: PartFile): Promise<boolean> {
  const { size } = await Deno.stat(file);
  const { digest, last } = await digestOf(file, size - 32);
  return digest === last;
}

async function digestOf(
  path: string,
  end: number,
): Promise<{ digest: string; last: string }> {
  const hash = createHash("sha256");
  let at = 0;
  const last: Uint8Array[] = [];
  using file = await Deno.open(path);
  for await (const piece of file.readable) {
    const own = Math.max(0, Math.min(piece.length, end - at));
    hash.update(piece.subarray(0, own));
    if (own < piece.length) last.push(piece.slice(own));
    at += piece.length;
  }
  return {
    digest: hash.digest("hex"),
    last: Buffer.concat(last).toString("hex"),
  };
}

/** Adds the rows of a part's picture to that of its slide. */
export async function addPicture(
  part: PartFile,
  overview: Overview,
): Promise<void> {
  const { picture, trailer } = part.places;
  for await (const { payload } of recordsOf(part, picture, trailer)) {
    overview.addRow(await unpackRow(payload));
  }
}

/** The tiles of a part, in order. */
export async function* tilesOfPart(
  part: PartFile,
): AsyncGenerator<JournalTile, void, undefined> {
  const { grid: { first, columns }, places } = part;
  const span = tileSpan(first);
  const records = recordsOf(part, places.tiles, places.picture);
  for await (const { index, payload } of records) {
    const column = index % columns;
    const row = (index - column) / columns;
    const [x, y] = [first.x + column * span, first.y + row * span];
    const tile = { ...first, index, column, row, x, y };
    yield await unpackTile(payload, tile, part);
  }
}

async function* recordsOf(
  { file: path, part }: PartFile,
  from: number,
  end: number,
): AsyncGenerator<{ index: number; payload: Uint8Array }> {
  using file = await Deno.open(path);
  const isWhole = yield* readRecords(file, from, end);
  if (!isWhole) throw cannot(`read part ${part}`, "it is damaged");
}
