import { type BlockSource, intersect } from "../../blocks.ts";
import type { ByteRange, ByteSource } from "../../byte_source.ts";
import type { BlockFormat } from "../../codecs/block_job.ts";
import type { Region } from "../../slide.ts";
import { BlockMap } from "./block_map.ts";
import { damaged } from "./refuse.ts";
import { checkName, SEGMENT_BYTES } from "./segments.ts";
import type { SubBlocks } from "./sub_blocks.ts";

/** A level: sub-blocks of one downsample, the one in front first. */
export interface CziLevel {
  readonly downsample: number;
  readonly width: number;
  readonly height: number;
  /** Its sub-blocks. */
  readonly numbers: Uint32Array;
  /** Where the upper left of the canvas lies, in the file's pixels. */
  readonly origin: { readonly x: number; readonly y: number };
}

/** What it takes to read the sub-blocks of a level. */
export interface CziReader {
  readonly source: ByteSource;
  readonly blocks: SubBlocks;
  /** Where the next segment begins, for each sub-block; the end of the file after the last. */
  readonly ends: Float64Array;
  /** How sub-blocks of a compression are decoded. */
  readonly formats: ReadonlyMap<number, BlockFormat>;
}

/** Bytes of a sub-block before its entry, and at least before its metadata. */
const SIZES_BYTES = 16;
const LEAST_HEADER = 256;

/** More than a sub-block's metadata usually take; pixels that are compressed are fewer than those that are not. */
const METADATA_BYTES = 1 << 14;

/** Where a sub-block lies on the canvas of its level. */
export function rectOf(
  { x, y, width, height }: SubBlocks,
  { downsample, numbers, origin }: CziLevel,
  i: number,
): Region {
  const block = numbers[i];
  return {
    x: Math.round((x[block] - origin.x) / downsample),
    y: Math.round((y[block] - origin.y) / downsample),
    width: width[block],
    height: height[block],
  };
}

/** The source of a level's blocks; they are numbered in the order of painting. */
export function openSubBlocks(
  level: CziLevel,
  { source, blocks, ends, formats }: CziReader,
): BlockSource {
  const { numbers } = level;
  const map = new BlockMap(level, {
    count: numbers.length,
    rectOf: (i) => rectOf(blocks, level, i),
  });
  let [blockWidth, blockHeight] = [1, 1];
  for (const block of numbers) {
    blockWidth = Math.max(blockWidth, blocks.width[block]);
    blockHeight = Math.max(blockHeight, blocks.height[block]);
  }
  /** The segment, or as much of it as its pixels may take. */
  const rangeOf = (i: number): ByteRange => {
    const block = numbers[i];
    const offset = blocks.position[block];
    const format = formats.get(blocks.compression[block])!;
    const pixels = blocks.width[block] * blocks.height[block] *
      format.samples * format.bits / 8;
    const most = Math.ceil(pixels) + LEAST_HEADER + METADATA_BYTES;
    return { offset, length: Math.min(ends[block] - offset, most) };
  };
  return {
    blockWidth,
    blockHeight,
    overlaps: true,
    *piecesIn(region) {
      const found = [...map.in(region)].sort((a, b) => a - b);
      for (const i of found) {
        const rect = rectOf(blocks, level, i);
        if (intersect(rect, region)) {
          yield { block: i, blockWidth: rect.width, ...rect };
        }
      }
    },
    prefetch: (wanted) => source.prefetch?.(wanted.map(rangeOf)),
    async load(i) {
      const block = numbers[i];
      const { offset, length } = rangeOf(i);
      const bytes = await source.read(offset, length);
      const data = await readData(bytes, {
        source,
        offset,
        entryBytes: blocks.entryBytes[block],
      });
      const [width, height] = [blocks.width[block], blocks.height[block]];
      return {
        format: formats.get(blocks.compression[block])!,
        parts: [data],
        width,
        height,
        maxHeight: height,
      };
    },
  };
}

/**
 * Where the data of a sub-block are in its segment: after its sizes, its entry, and its metadata.
 *
 * Source: ZEN's file format description (DS_ZISRAW-FileFormat), SubBlockSegment.
 */
export function dataIn(
  segment: Uint8Array<ArrayBuffer>,
  entryBytes: number,
): ByteRange {
  if (segment.length < SEGMENT_BYTES + LEAST_HEADER) {
    throw damaged("one of its sub-blocks is cut short");
  }
  checkName(segment, "ZISRAWSUBBLOCK");
  const view = new DataView(segment.buffer, segment.byteOffset);
  const metadata = view.getInt32(SEGMENT_BYTES, true);
  const length = Number(view.getBigInt64(SEGMENT_BYTES + 8, true));
  const header = Math.max(LEAST_HEADER, SIZES_BYTES + entryBytes);
  if (metadata < 0 || length < 0) {
    throw damaged("the sizes of one of its sub-blocks are damaged");
  }
  return { offset: SEGMENT_BYTES + header + metadata, length };
}

async function readData(
  segment: Uint8Array<ArrayBuffer>,
  { source, offset, entryBytes }: {
    readonly source: ByteSource;
    readonly offset: number;
    readonly entryBytes: number;
  },
): Promise<Uint8Array<ArrayBuffer>> {
  const data = dataIn(segment, entryBytes);
  const end = data.offset + data.length;
  // A copy, as decoders may take the memory of what they are given.
  if (end <= segment.length) return segment.slice(data.offset, end);
  return await source.read(offset + data.offset, data.length);
}
