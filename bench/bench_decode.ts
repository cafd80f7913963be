import { fromArrayBuffer } from "geotiff";
import { cannot } from "../src/errors/cannot.ts";
import { openSlide } from "../src/slide/open_slide.ts";
import { streamTiles } from "../src/tiles/stream_tiles.ts";
import { makeTiff } from "../tests/helpers/make_tiff.ts";
import type { BenchOptions } from "./bench_options.ts";
import { median } from "./measure.ts";
import type { BenchRow } from "./report.ts";

/** Side of the tiles in pixels. */
const TILE = 1024;
/** Side of the synthetic image that is used without `--slide`, and of its blocks. */
const SIDES = { usual: 4096, short: 1024, block: 256 };

/** Tolerance for the mean color of a corner: decoders round and upsample differently. */
const MOST_DIFFERENCE = 1;
const CORNER = { x: 0, y: 0, width: 512, height: 512 };

/**
 * Times reading a whole slide in tiles of 1024 pixels, decoded by the pool and on one thread, compared with geotiff's
 * decoders. Without `--slide`, it reads a synthetic image of JPEG blocks. The file is in memory; contenders take turns.
 *
 * @throws {RangeError} If the mean colors differ.
 */
export async function* benchDecode(
  options: BenchOptions,
): AsyncGenerator<BenchRow> {
  const side = options.short ? SIDES.short : SIDES.usual;
  const bytes = options.slide
    ? await Deno.readFile(options.slide)
    : await makePicture(side);
  const file = new Blob([bytes]);
  // Keeps the pool's threads warm: a pool lives as long as a slide is open.
  await using open = await openSlide(file, {
    name: options.slide?.split("/").at(-1) ?? "JPEG tiles",
  });
  const { name, width, height } = open;
  const peer = options.peers.length > 0 ? "geotiff" : undefined;
  if (peer) {
    checkColors(await open.readRegion(CORNER), await readPeerCorner(file));
  }
  const contenders = [
    { label: "pool", read: () => readSlide(file) },
    { label: "one thread", read: () => readSlide(file, 0) },
    ...peer ? [{ label: peer, read: () => readPeer(file) }] : [],
  ].map((contender) => ({ ...contender, times: [] as number[] }));
  for (let run = 0; run <= options.runs; run++) {
    for (const { read, times } of contenders) {
      const start = performance.now();
      await read();
      if (run > 0) times.push(performance.now() - start);
    }
  }
  const peerMs = peer ? median(contenders[2].times) : null;
  const speed = (ms: number): string =>
    `${(width * height / 1e3 / ms).toFixed(1)} MP/s`;
  for (const { label, times } of contenders.slice(0, 2)) {
    const ms = median(times);
    yield {
      suite: "decode",
      name: `${name}, ${label}`,
      size: width,
      precision: "",
      ms,
      gflops: 0,
      peer: peer ?? null,
      peerMs,
      peerPrecision: null,
      ratio: peerMs === null ? null : peerMs / ms,
      layer: speed(ms) +
        (peerMs === null ? "" : ` (${peer} ${speed(peerMs)})`),
    };
  }
}

/** A slide that repeats one scanner-like JPEG block. */
async function makePicture(side: number): Promise<Uint8Array<ArrayBuffer>> {
  const url = new URL("decode_tile.jpg", import.meta.url);
  const block = await Deno.readFile(url);
  const { block: blockSide } = SIDES;
  return await makeTiff([{
    width: side,
    height: side,
    pixels: new Uint8Array(),
    tile: { width: blockSide, height: blockSide },
    blocks: Array((side / blockSide) ** 2).fill(block),
    tags: { 259: 7, 262: 6, 530: [2, 2] },
  }]);
}

/** Reads a slide tile by tile. */
async function readSlide(file: Blob, threads?: number): Promise<void> {
  await using slide = await openSlide(file, { threads });
  const tiles = streamTiles(slide, { size: TILE, expansion: 0, downsample: 1 });
  // deno-lint-ignore no-empty
  for await (const _ of tiles) {}
}

async function readPeer(file: Blob): Promise<void> {
  const tiff = await fromArrayBuffer(await file.arrayBuffer());
  const image = await tiff.getImage();
  const [width, height] = [image.getWidth(), image.getHeight()];
  for (let y = 0; y < height; y += TILE) {
    for (let x = 0; x < width; x += TILE) {
      const [right, bottom] = [x + TILE, y + TILE];
      const window = [x, y, Math.min(right, width), Math.min(bottom, height)];
      await image.readRGB({ window, interleave: true });
    }
  }
}

async function readPeerCorner(file: Blob): Promise<ArrayLike<number>> {
  const tiff = await fromArrayBuffer(await file.arrayBuffer());
  const image = await tiff.getImage();
  const { width, height } = CORNER;
  const window = [0, 0, width, height];
  return await image.readRGB({ window, interleave: true }) as ArrayLike<number>;
}

function checkColors(own: ArrayLike<number>, other: ArrayLike<number>): void {
  for (let channel = 0; channel < 3; channel++) {
    let difference = 0;
    for (let i = channel; i < own.length; i += 3) {
      difference += (own[i] - other[i]) * 3 / own.length;
    }
    if (Math.abs(difference) <= MOST_DIFFERENCE) continue;
    throw cannot(
      "compare speeds",
      `mean colors must agree within ${MOST_DIFFERENCE}, received a difference of ${difference}`,
      { kind: RangeError },
    );
  }
}
