import { MAX_CZI_BLOCKS, MAX_CZI_DIRECTORY } from "../../../io/limits.ts";
import type { ByteSource } from "../../byte_source.ts";
import { damaged, unsupported } from "./refuse.ts";
import { readSegment } from "./segments.ts";

/** The sub-blocks of a file, by their numbers in the directory. Places are level-0 pixels, as the file counts them. */
export interface SubBlocks {
  readonly count: number;
  /** The pixel type of all. */
  readonly pixelType: number;
  readonly x: Int32Array;
  readonly y: Int32Array;
  /** The pixels that are stored. */
  readonly width: Int32Array;
  readonly height: Int32Array;
  readonly downsample: Int32Array;
  readonly scene: Int32Array;
  /** Its channel, and 0 unless it lies in the first plane of a stack. */
  readonly channel: Int32Array;
  readonly plane: Int32Array;
  /** The order of painting: the highest is in front; -1 for none. */
  readonly order: Int32Array;
  readonly compression: Int32Array;
  /** Where its segment is. */
  readonly position: Float64Array;
  /** Bytes of its entry, which its segment repeats. */
  readonly entryBytes: Uint16Array;
}

/** What further dimensions mean to people. */
const STACKS: Readonly<Record<string, string>> = {
  C: "channels",
  Z: "focal planes",
  T: "points in time",
  R: "rotations",
  I: "illuminations",
  H: "phases",
  V: "views",
  B: "acquisition blocks",
};

/** Bytes of the directory before its entries, of an entry before its dimensions, and of a dimension. */
const HEADER_BYTES = 128;
const ENTRY_BYTES = 32;
const DIMENSION_BYTES = 20;
/** X, Y, eight more of which the format knows, M and S. */
const MOST_DIMENSIONS = 12;

/**
 * Reads the directory of sub-blocks.
 *
 * Source: ZEN's file format description (DS_ZISRAW-FileFormat), DirectoryEntryDV.
 *
 * @param options.stack Whether stacks and several channels are read. Default: they are refused.
 * @throws {TypeError} If it is a stack, or pixels are of several types.
 * @throws {SyntaxError} If it is damaged.
 */
export async function readSubBlocks(
  source: ByteSource,
  position: number,
  { stack = false }: { readonly stack?: boolean } = {},
): Promise<SubBlocks> {
  const bytes = await readSegment(source, {
    position,
    name: "ZISRAWDIRECTORY",
    least: HEADER_BYTES,
    most: MAX_CZI_DIRECTORY,
  });
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const count = view.getInt32(0, true);
  if (count < 1 || count > MAX_CZI_BLOCKS) {
    throw damaged(
      `its directory lists ${count} sub-blocks, and must list 1 to ${MAX_CZI_BLOCKS}`,
    );
  }
  const integers = () => new Int32Array(count);
  const blocks = {
    ...{ count, x: integers(), y: integers() },
    ...{ width: integers(), height: integers(), downsample: integers() },
    ...{ channel: integers(), plane: integers() },
    ...{ scene: integers(), order: integers().fill(-1) },
    ...{ compression: integers(), position: new Float64Array(count) },
    entryBytes: new Uint16Array(count),
  };
  const types = new Set<number>();
  const stacks = new Map<string, Set<number>>();
  let at = HEADER_BYTES;
  for (let block = 0; block < count; block++) {
    if (at + ENTRY_BYTES > bytes.length) throw cutShort(block, count);
    if (view.getUint16(at, true) !== 0x5644) { // "DV"
      throw damaged(`entry ${block} of its directory is of an unknown kind`);
    }
    const dimensions = view.getInt32(at + 28, true);
    if (dimensions < 2 || dimensions > MOST_DIMENSIONS) {
      throw damaged(
        `sub-block ${block} has ${dimensions} dimensions, and must have 2 to ${MOST_DIMENSIONS}`,
      );
    }
    const length = ENTRY_BYTES + dimensions * DIMENSION_BYTES;
    if (at + length > bytes.length) throw cutShort(block, count);
    types.add(view.getInt32(at + 2, true));
    blocks.position[block] = Number(view.getBigInt64(at + 6, true));
    if (view.getInt32(at + 14, true) !== 0) {
      throw unsupported("of several files");
    }
    blocks.compression[block] = view.getInt32(at + 18, true);
    blocks.entryBytes[block] = length;
    const entry = new DataView(view.buffer, view.byteOffset + at, length);
    readDimensions(entry, { block, dimensions, blocks, stacks });
    at += length;
  }
  if (!stack) checkStacks(stacks);
  const [pixelType, other] = types;
  if (other !== undefined) {
    throw unsupported(
      `with pixels of several types (${[...types].join(", ")})`,
    );
  }
  return { ...blocks, pixelType };
}

function cutShort(block: number, count: number): Error {
  return damaged(
    `its directory is cut short: it ends within sub-block ${block} of ${count}`,
  );
}

function readDimensions(
  entry: DataView,
  { block, dimensions, blocks, stacks }: {
    readonly block: number;
    readonly dimensions: number;
    readonly blocks: Omit<SubBlocks, "pixelType">;
    readonly stacks: Map<string, Set<number>>;
  },
): void {
  const sizes = { X: 0, Y: 0 };
  for (let i = 0; i < dimensions; i++) {
    const at = ENTRY_BYTES + i * DIMENSION_BYTES;
    const name = String.fromCharCode(entry.getUint8(at));
    const start = entry.getInt32(at + 4, true);
    const size = entry.getInt32(at + 8, true);
    const stored = entry.getInt32(at + 16, true);
    if (name === "X" || name === "Y") {
      (name === "X" ? blocks.x : blocks.y)[block] = start;
      (name === "X" ? blocks.width : blocks.height)[block] = stored;
      sizes[name] = size;
    } else if (name === "S") blocks.scene[block] = start;
    else if (name === "M") blocks.order[block] = start;
    else {
      if (name === "C") blocks.channel[block] = start;
      else blocks.plane[block] += start;
      const values = stacks.get(name) ?? new Set();
      stacks.set(name, values);
      if (values.size < 1000) values.add(start);
      if (size > 1 && values.size < 1000) values.add(start + size - 1);
    }
  }
  const [width, height] = [blocks.width[block], blocks.height[block]];
  if (width < 1 || height < 1) {
    throw damaged(`sub-block ${block} has ${width}×${height} px`);
  }
  // Of the longer side, which rounding changes less.
  const downsample = width >= height
    ? Math.round(sizes.X / width)
    : Math.round(sizes.Y / height);
  if (downsample < 1) {
    throw damaged(
      `sub-block ${block} has ${width}×${height} px for ${sizes.X}×${sizes.Y} of the slide`,
    );
  }
  blocks.downsample[block] = downsample;
}

/** Only single pictures are slides. */
function checkStacks(stacks: ReadonlyMap<string, ReadonlySet<number>>): void {
  for (const [name, values] of stacks) {
    const what = Object.hasOwn(STACKS, name)
      ? STACKS[name]
      : `values of dimension ${JSON.stringify(name)}`;
    if (values.size > 1) throw unsupported(`with ${values.size} ${what}`);
  }
}
