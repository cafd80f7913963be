import { MAX_SIDE } from "../../../io/limits.ts";
import type { ByteSource } from "../../byte_source.ts";
import type { Region } from "../../slide.ts";
import type { Ignored } from "../format.ts";
import type { CziLevel } from "./czi_blocks.ts";
import type { CziMetadata } from "./czi_metadata.ts";
import { damaged } from "./refuse.ts";
import type { SubBlocks } from "./sub_blocks.ts";

/** The levels of a file, and the box around the sub-blocks of the finest. */
export interface CziLayout {
  readonly levels: readonly CziLevel[];
  readonly bounds: Region;
  readonly ignored: readonly Ignored[];
}

/**
 * Sorts sub-blocks into levels, by their downsamples. Levels that not all scenes have are left out. The canvas begins at the
 * leftmost and topmost sub-block, and is as large as the XML says.
 *
 * @throws {SyntaxError} If there is no finest level, or it is too large.
 */
export function layOutLevels(
  blocks: SubBlocks,
  { width, height }: Pick<CziMetadata, "width" | "height">,
): CziLayout {
  const origin = { x: leastOf(blocks.x), y: leastOf(blocks.y) };
  const groups = new Map<number, number[]>();
  for (let block = 0; block < blocks.count; block++) {
    const downsample = blocks.downsample[block];
    const group = groups.get(downsample);
    if (group) group.push(block);
    else groups.set(downsample, [block]);
  }
  const finest = groups.get(1);
  if (!finest) throw damaged("it has no sub-block of full resolution");
  const bounds = boundsOf(blocks, finest, origin);
  const canvas = {
    width: width ?? bounds.x + bounds.width,
    height: height ?? bounds.y + bounds.height,
  };
  for (const side of [canvas.width, canvas.height]) {
    if (Number.isInteger(side) && side >= 1 && side <= MAX_SIDE) continue;
    throw damaged(
      `it has ${canvas.width}×${canvas.height} px, and a side must have 1 to ${MAX_SIDE}`,
    );
  }
  const all = scenesOf(blocks, finest);
  const levels: CziLevel[] = [];
  const ignored: Ignored[] = [];
  for (const downsample of [...groups.keys()].sort((a, b) => a - b)) {
    const numbers = groups.get(downsample)!;
    const [width, height] = [canvas.width, canvas.height]
      .map((side) => Math.floor(side / downsample));
    const scenes = scenesOf(blocks, numbers);
    const why = [...all].some((scene) => !scenes.has(scene))
      ? `${scenes.size} of ${all.size} scenes have it`
      : width < 1 || height < 1
      ? "it has no pixel"
      : undefined;
    if (why !== undefined) {
      ignored.push({ what: `a level reduced by ${downsample}`, why });
    } else {
      levels.push({
        downsample,
        width,
        height,
        numbers: inOrder(blocks, numbers),
        origin,
      });
    }
  }
  return { levels, bounds, ignored };
}

function leastOf(values: Int32Array): number {
  return values.reduce((least, value) => Math.min(least, value), Infinity);
}

function scenesOf(
  { scene }: SubBlocks,
  numbers: readonly number[],
): Set<number> {
  return new Set(numbers.map((block) => scene[block]));
}

/** The one in front first: libCZI paints in the order of M, then of the file, and what is painted last shows. */
function inOrder(
  { order }: SubBlocks,
  numbers: readonly number[],
): Uint32Array {
  return Uint32Array.from(numbers)
    .sort((a, b) => order[b] - order[a] || b - a);
}

function boundsOf(
  { x, y, width, height }: SubBlocks,
  numbers: readonly number[],
  origin: { readonly x: number; readonly y: number },
): Region {
  let [left, top, right, bottom] = [Infinity, Infinity, -Infinity, -Infinity];
  for (const block of numbers) {
    left = Math.min(left, x[block]);
    top = Math.min(top, y[block]);
    right = Math.max(right, x[block] + width[block]);
    bottom = Math.max(bottom, y[block] + height[block]);
  }
  return {
    x: left - origin.x,
    y: top - origin.y,
    width: right - left,
    height: bottom - top,
  };
}

/**
 * Where the segment of each sub-block ends at the latest: where the next begins.
 *
 * @throws {SyntaxError} If one lies outside of the file.
 */
export function endsOf(
  { position, count }: SubBlocks,
  { source, others }: {
    readonly source: ByteSource;
    /** Where other segments begin. */
    readonly others: readonly number[];
  },
): Float64Array {
  const starts = Float64Array.from([...position, ...others, source.size])
    .sort();
  const ends = new Float64Array(count);
  for (let block = 0; block < count; block++) {
    const start = position[block];
    if (!(start > 0 && start < source.size)) {
      throw damaged(
        `it is cut short: it has ${source.size} bytes, and sub-block ${block} begins at ${start}`,
      );
    }
    ends[block] = starts[firstAfter(starts, start)];
  }
  return ends;
}

/** The index of the first of sorted values that is larger. */
function firstAfter(sorted: Float64Array, value: number): number {
  let [from, to] = [0, sorted.length - 1];
  while (from < to) {
    const middle = (from + to) >> 1;
    if (sorted[middle] > value) to = middle;
    else from = middle + 1;
  }
  return from;
}
