import { cannot } from "../src/errors/cannot.ts";
import { openSlide } from "../src/slide/open_slide.ts";
import type { Slide } from "../src/slide/slide.ts";
import { streamTiles } from "../src/tiles/stream_tiles.ts";
import type { BenchOptions } from "./bench_options.ts";
import {
  CORNER,
  type DecodePeer,
  meanColor,
  type PeerTask,
  startGeotiff,
  startPythonPeers,
} from "./decode_peers.ts";
import {
  blockPicture,
  TILED_TIFF,
  VENDOR_SLIDES,
  writeSlide,
} from "./decode_slides.ts";
import { median } from "./measure.ts";
import type { BenchRow } from "./report.ts";

/** Side of the tiles in pixels. */
const TILE = 1024;
/** Side of the synthetic picture that is used without `--slide`. */
const SIDES = { usual: 4096, short: 1024 };

/** Reads before the one that counts: threads end while others take their turns, and start with code that is not optimized. */
const WARM_UP = 3;

/** Tolerance for the mean color of a corner: decoders round and upsample differently. */
const MOST_DIFFERENCE = 1;

/** A file, and the part of it that is read. */
interface Case extends PeerTask {
  readonly name: string;
}

/** Someone who reads, and how long it took. */
interface Contender {
  readonly label: string;
  readonly read: () => Promise<number>;
  readonly times: number[];
}

/**
 * Times reading whole slides in tiles of 1024 pixels, decoded by the pool and on one thread: beside geotiff's decoders, OpenSlide and
 * rasterio, where they are installed. Without `--slide`, it reads a synthetic picture of JPEG blocks, and the same blocks in the formats
 * of scanners. Contenders take turns.
 *
 * @throws {RangeError} If the mean colors differ.
 */
export async function* benchDecode(
  options: BenchOptions,
  note: (text: string) => void,
): AsyncGenerator<BenchRow> {
  const folder = await Deno.makeTempDir();
  try {
    const { slide } = options;
    if (slide) {
      yield* compareWithPeers(await caseOf(slide), options, note);
      return;
    }
    const picture = await blockPicture(
      options.short ? SIDES.short : SIDES.usual,
    );
    const write = async (kind: (typeof VENDOR_SLIDES)[number]) => ({
      ...await caseOf(await writeSlide(kind, { picture, folder })),
      // The canvas may be a little larger than the picture.
      ...{ name: kind.name, width: picture.side, height: picture.side },
    });
    const tiff = await write(TILED_TIFF);
    yield* compareWithPeers(tiff, options, note);
    const vendors = await Promise.all(VENDOR_SLIDES.map(write));
    yield* compareWithTiff(tiff, vendors, options);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

async function caseOf(path: string): Promise<Case> {
  await using slide = await openSlide(path);
  const { width, height } = slide;
  return { name: path.split("/").at(-1)!, path, width, height, tile: TILE };
}

/** One file, read by us and by others. */
async function* compareWithPeers(
  task: Case,
  { runs, peers: { length } }: BenchOptions,
  note: (text: string) => void,
): AsyncGenerator<BenchRow> {
  await using stack = new AsyncDisposableStack();
  // Keeps the pool's threads warm: a pool lives as long as a slide is open.
  const open = stack.use(await openSlide(task.path));
  const peers: DecodePeer[] = [];
  if (length > 0) {
    peers.push(await startGeotiff(task));
    peers.push(...await startPythonPeers(task, { note }));
  }
  peers.forEach((peer) => stack.use(peer));
  const corner = await cornerOf(open);
  for (const peer of peers) checkColors(corner, peer);
  const pool = contender("pool", () => readSlide(task));
  const single = contender("one thread", () => readSlide(task, 0));
  const others = peers.map((peer) => ({
    ...contender(peer.name, () => peer.read()),
    own: peer.isSingle
      ? [single]
      : peer.name === "geotiff"
      ? [pool, single]
      : [pool],
  }));
  await takeTurns([pool, single, ...others], runs);
  if (others.length === 0) {
    for (const own of [pool, single]) yield rowOf(task, own);
  }
  for (const { own, ...peer } of others) {
    for (const one of own) yield rowOf(task, one, peer);
  }
}

/** The same blocks in other formats: what a format costs beside its pixels. */
async function* compareWithTiff(
  tiff: Case,
  vendors: readonly Case[],
  { runs }: BenchOptions,
): AsyncGenerator<BenchRow> {
  await using open = await openSlide(tiff.path);
  const corner = await cornerOf(open);
  for (const { path, name } of vendors) {
    await using slide = await openSlide(path);
    checkColors(corner, { name, corner: await cornerOf(slide) });
  }
  const plain = contender("the same in TIFF", () => readSlide(tiff));
  const own = vendors.map((task) => ({
    task,
    ...contender("pool", () => readSlide(task)),
  }));
  await takeTurns([plain, ...own], runs);
  for (const one of own) yield rowOf(one.task, one, plain);
}

function contender(label: string, read: () => Promise<number>): Contender {
  return { label, read, times: [] };
}

/** Gives each its turn in each round: the last of its reads counts. */
async function takeTurns(
  contenders: readonly Contender[],
  runs: number,
): Promise<void> {
  for (let run = 0; run < runs; run++) {
    for (const { read, times } of contenders) {
      for (let i = 0; i < WARM_UP; i++) await read();
      times.push(await read());
    }
  }
}

function rowOf(
  { name, width, height }: Case,
  own: Contender,
  peer?: Contender,
): BenchRow {
  const ms = median(own.times);
  const peerMs = peer ? median(peer.times) : null;
  const speed = (ms: number): string =>
    `${(width * height / 1e3 / ms).toFixed(1)} MP/s`;
  return {
    suite: "decode",
    name: `${name}, ${own.label}`,
    size: width,
    precision: "",
    ms,
    gflops: 0,
    peer: peer?.label ?? null,
    peerMs,
    peerPrecision: null,
    ratio: peerMs === null ? null : peerMs / ms,
    layer: speed(ms) +
      (peerMs === null ? "" : ` (${peer!.label}: ${speed(peerMs)})`),
  };
}

/** Reads a slide tile by tile, as a run does. Returns the milliseconds. */
async function readSlide(
  { path, width, height }: Case,
  threads?: number,
): Promise<number> {
  const start = performance.now();
  await using slide = await openSlide(path, { threads });
  const part: Slide = {
    ...{ name: slide.name, width, height },
    levels: [{ width, height, downsample: 1 }],
    readRegion: (region, options) => slide.readRegion(region, options),
    [Symbol.asyncDispose]: async () => {},
  };
  const options = { size: TILE, expansion: 0, downsample: 1, reuse: true };
  // deno-lint-ignore no-empty
  for await (const _ of streamTiles(part, options)) {}
  return performance.now() - start;
}

async function cornerOf(slide: Slide): Promise<number[]> {
  const width = Math.min(CORNER, slide.width);
  const height = Math.min(CORNER, slide.height);
  return meanColor(await slide.readRegion({ x: 0, y: 0, width, height }));
}

function checkColors(
  own: readonly number[],
  { name, corner }: Pick<DecodePeer, "name" | "corner">,
): void {
  own.forEach((value, channel) => {
    const difference = Math.abs(value - corner[channel]);
    if (difference <= MOST_DIFFERENCE) return;
    throw cannot(
      "compare speeds",
      `mean colors must agree within ${MOST_DIFFERENCE}, received a difference of ${difference} (${name})`,
      { kind: RangeError },
    );
  });
}
