import { assertEquals, assertRejects } from "@std/assert";
import { noise } from "../../tests/helpers/noise.ts";
import { BlockSlide, type BlockSlideOptions } from "./block_slide.ts";
import {
  type BlockLevel,
  type BlockSource,
  gridPieces,
  intersect,
  type Piece,
  visiblePieces,
} from "./blocks.ts";
import type { BlockFormat } from "./codecs/block_job.ts";
import { DecodePool } from "./decode_pool.ts";
import type { Region } from "./slide.ts";

const canvas = { width: 61, height: 47 };
const whole = { x: 0, y: 0, ...canvas };
const background = [7, 8, 9] as const;

const RAW: BlockFormat = {
  compression: 1,
  predictor: 1,
  photometric: 2,
  bits: 8,
  float: false,
  samples: 3,
  colors: 3,
  alpha: "none",
  littleEndian: true,
  reversedBits: false,
  subsampling: [1, 1],
};

/** Blocks of noise, which arrive late and out of order; those that have no pixels are missing. */
function madeUp(
  pieces: readonly Piece[],
  blocks: readonly (Uint8Array | undefined)[],
  { blockWidth, blockHeight }: { blockWidth: number; blockHeight: number },
): BlockSource & { loads: number[] } {
  const loads: number[] = [];
  return {
    blockWidth,
    blockHeight,
    overlaps: true,
    loads,
    piecesIn: (region) => pieces.filter((piece) => intersect(piece, region)),
    async load(block) {
      loads.push(block);
      await new Promise((resolve) => setTimeout(resolve, block * 7 % 5));
      const pixels = blocks[block];
      return pixels && {
        format: RAW,
        parts: [new Uint8Array(pixels)],
        width: blockWidth,
        height: blockHeight,
        maxHeight: blockHeight,
      };
    },
  };
}

function open(
  blocks: BlockSource,
  options: Partial<BlockSlideOptions> = {},
): BlockSlide {
  const decoding = DecodePool.join(0);
  const level: BlockLevel = { ...canvas, downsample: 1, blocks };
  return new BlockSlide({
    name: "made",
    levels: [level],
    background,
    pool: decoding.pool,
    close: () => Promise.resolve(decoding[Symbol.dispose]()),
    ...options,
  });
}

/** Paints the canvas pixel by pixel: the first piece stays. */
function paintPlainly(
  pieces: readonly Piece[],
  blocks: readonly (Uint8Array | undefined)[],
  { x, y, width, height }: Region,
): Uint8Array {
  return Uint8Array.from({ length: width * height * 3 }, (_, i) => {
    const pixel = Math.floor(i / 3);
    const [u, v] = [x + pixel % width, y + Math.floor(pixel / width)];
    const at = { x: u, y: v, width: 1, height: 1 };
    if (!intersect(at, whole)) return 255;
    const piece = pieces.find((piece) => intersect(at, piece));
    const block = piece && blocks[piece.block];
    if (!block) return background[i % 3];
    const row = v - piece.y + (piece.top ?? 0);
    const column = u - piece.x + (piece.left ?? 0);
    return block[(row * piece.blockWidth + column) * 3 + i % 3];
  });
}

const size = { blockWidth: 16, blockHeight: 12 };
const regions = [
  whole,
  { x: -5, y: -7, width: 80, height: 70 },
  { x: 13, y: 9, width: 20, height: 5 },
  { x: 60, y: 46, width: 1, height: 1 },
];

Deno.test("BlockSlide keeps what is painted first where blocks overlap, and shows the background elsewhere", async () => {
  // Advances of 11×9 px, one step back, edges beyond the canvas, and a gap.
  const pieces = Array.from({ length: 20 }, (_, block): Piece => ({
    block,
    blockWidth: 16,
    x: block % 5 * 11 - 3 + block % 2,
    y: Math.floor(block / 5) * 9 - 2 + block % 3,
    width: 16,
    height: 12,
  })).filter(({ block }) => block !== 7);
  const blocks = pieces.map(() => noise(16, 12)).concat(noise(16, 12))
    .map((pixels, i) => pixels.map((value) => value ^ i * 37));
  for (const order of [pieces, pieces.toReversed()]) {
    await using slide = open(madeUp(order, blocks, size));
    for (const region of regions) {
      assertEquals(
        await slide.readRegion(region),
        paintPlainly(order, blocks, region),
      );
    }
  }
});

Deno.test("BlockSlide shows the background where a block turns out to be missing, and asks for it once", async () => {
  const pieces = [0, 1, 2].map((block): Piece => ({
    block,
    blockWidth: 16,
    x: block * 16,
    y: 0,
    width: 16,
    height: 12,
  }));
  const blocks = [noise(16, 12), undefined, noise(16, 12)];
  const source = madeUp(pieces, blocks, size);
  await using slide = open(source);
  for (const region of regions) {
    assertEquals(
      await slide.readRegion(region),
      paintPlainly(pieces, blocks, region),
    );
  }
  assertEquals(source.loads.toSorted(), [0, 1, 2]);
});

Deno.test("BlockSlide cuts several pieces out of a block that it loads once", async () => {
  const [left, right] = [{ left: 0, x: 30 }, { left: 9, x: 2 }];
  const pieces = [left, right].map((place): Piece => ({
    block: 0,
    blockWidth: 16,
    top: 3,
    y: 20,
    width: 7,
    height: 9,
    ...place,
  }));
  const blocks = [noise(16, 12)];
  const source = madeUp(pieces, blocks, size);
  await using slide = open(source);
  assertEquals(
    await slide.readRegion(whole),
    paintPlainly(pieces, blocks, whole),
  );
  assertEquals(source.loads, [0]);
});

Deno.test("BlockSlide names the place of a block that cannot be loaded", async () => {
  const piece = { block: 0, blockWidth: 4, x: 8, y: 6, width: 4, height: 4 };
  const source: BlockSource = {
    blockWidth: 4,
    blockHeight: 4,
    piecesIn: () => [piece],
    load: () => Promise.reject(new RangeError("it is cut short")),
  };
  await using slide = open(source);
  await assertRejects(
    () => slide.readRegion(whole),
    RangeError,
    'Cannot read block at 8, 6 of level 0 of slide "made": it is cut short',
  );
});

Deno.test("visiblePieces() leaves out what earlier pieces cover", () => {
  const piece = (block: number, x: number, width: number): Piece => ({
    block,
    blockWidth: width,
    x,
    y: 0,
    width,
    height: 10,
  });
  const pieces = [piece(0, 0, 20), piece(1, 5, 10), piece(2, 15, 10)];
  const region = { x: 2, y: 1, width: 40, height: 40 };
  const show = (overlaps: boolean) =>
    visiblePieces(pieces, { region, overlaps })
      .map(({ piece, visible }) => [piece.block, visible]);
  const rest = { y: 1, height: 9 };
  assertEquals(show(true), [
    [0, [{ x: 2, width: 18, ...rest }]],
    [2, [{ x: 20, width: 5, ...rest }]],
  ]);
  assertEquals(show(false).map(([block]) => block), [0, 1, 2]);
});

Deno.test("gridPieces() numbers blocks by rows, and meets no more than the region", () => {
  const grid = { columns: 4, ...size };
  const blocksIn = (region: Region) =>
    [...gridPieces(grid, region)].map(({ block }) => block);
  assertEquals(blocksIn({ x: 15, y: 11, width: 2, height: 2 }), [0, 1, 4, 5]);
  assertEquals(blocksIn({ x: 16, y: 12, width: 16, height: 12 }), [5]);
  assertEquals(blocksIn({ x: 48, y: 0, width: 99, height: 1 }), [3]);
  const [piece] = gridPieces(grid, { x: 20, y: 30, width: 1, height: 1 });
  assertEquals(piece, {
    block: 9,
    blockWidth: 16,
    x: 16,
    y: 24,
    width: 16,
    height: 12,
  });
});
