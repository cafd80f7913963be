import { cannot } from "../../../errors/cannot.ts";
import { MAX_BLOCK_BYTES } from "../../../io/limits.ts";
import { type BlockSource, gridPieces } from "../../blocks.ts";
import type { ByteRange, ByteSource } from "../../byte_source.ts";
import type { BlockFormat, BlockJob } from "../../codecs/block_job.ts";
import { findRestarts, restartMarker } from "./find_restarts.ts";
import { type JpegHeader, resizedHeader } from "./jpeg_header.ts";
import { mergeRanges, readRanges } from "./read_ranges.ts";
import type { RestartTiles } from "./restart_tiles.ts";

/** Gaps between rows of a block that are read along: from files, and from servers, whose answers take longer to begin. */
const GAP = 1 << 12;
const REMOTE_GAP = 1 << 16;

/** A JPEG in a file, whose restart intervals are tiles. */
export interface RestartJpeg {
  readonly source: ByteSource;
  /** Where it lies in the file. */
  readonly range: ByteRange;
  readonly header: JpegHeader;
  readonly tiles: RestartTiles;
  readonly format: BlockFormat;
  /** Where the file says that each interval begins in the JPEG. It may be wrong. Default: they are searched for. */
  readonly loadStarts?: () => Promise<ArrayLike<number>>;
}

/** The intervals of a block in one row of tiles, which lie one after another. */
interface RowRun {
  readonly first: number;
  readonly last: number;
}

/**
 * The blocks of a JPEG that has restart markers. A block is some neighboring intervals, which are joined to a JPEG of their
 * own, so that one call decodes them. Where intervals begin is found out when the first block is read.
 */
export function openRestartBlocks(jpeg: RestartJpeg): BlockSource {
  const { source, range, header, tiles, format } = jpeg;
  const { width, height, tileWidth, tileHeight, across, down } = tiles;
  const blockWidth = across * tileWidth;
  const blockHeight = down * tileHeight;
  const columns = Math.ceil(tiles.columns / across);
  const last = tiles.columns * tiles.rows - 1;
  const starts = new Starts(jpeg);

  /** The pixels of a block, and its intervals. */
  function partOf(block: number) {
    const column = block % columns;
    const row = (block - column) / columns;
    const [left, top] = [column * across, row * down];
    const right = Math.min(left + across, tiles.columns) - 1;
    const bottom = Math.min(top + down, tiles.rows) - 1;
    const runs = Array.from({ length: bottom - top + 1 }, (_, i): RowRun => ({
      first: (top + i) * tiles.columns + left,
      last: (top + i) * tiles.columns + right,
    }));
    const within = tiles.unitRows * header.unit.height - top * tileHeight;
    return {
      runs,
      width: (right - left + 1) * tileWidth,
      height: Math.min(runs.length * tileHeight, within),
    };
  }

  /** Where a run is in the file, from the marker before it to the one after it. */
  function rangeOf({ first, last: end }: RowRun, table: ArrayLike<number>) {
    const from = first === 0 ? table[0] : table[first] - 2;
    const to = end === last ? range.length : table[end + 1];
    return { offset: range.offset + from, length: to - from };
  }

  async function load(block: number): Promise<BlockJob> {
    const { runs, width, height } = partOf(block);
    const size = { width, height, maxHeight: height };
    for (;;) {
      const table = await starts.get();
      const stream = await readStream(runs, { table, ...size });
      if (stream) return { format, parts: [stream], ...size };
      // The file's table is wrong: the next is another.
      starts.distrust(table);
    }
  }

  /** The JPEG of a block; `undefined` if the table is wrong. */
  async function readStream(
    runs: readonly RowRun[],
    { table, width, height }: {
      readonly table: ArrayLike<number>;
      readonly width: number;
      readonly height: number;
    },
  ): Promise<Uint8Array<ArrayBuffer> | undefined> {
    const ranges = runs.map((run) => rangeOf(run, table));
    const total = ranges.reduce((sum, { length }) => sum + length, 0);
    if (total > MAX_BLOCK_BYTES) return undefined;
    source.prefetch?.(mergeRanges(ranges, REMOTE_GAP));
    const parts = await readRanges(source, ranges, GAP);
    return joinRuns(runs, {
      header: resizedHeader(header, { width, height }),
      parts,
      last,
      startOf: (interval, run) =>
        range.offset + table[interval] - ranges[run].offset,
    });
  }

  return {
    blockWidth,
    blockHeight,
    *piecesIn(region) {
      const grid = { columns, blockWidth, blockHeight };
      for (const piece of gridPieces(grid, region)) {
        const isLast = piece.x + blockWidth > width;
        yield {
          ...piece,
          blockWidth: isLast ? partOf(piece.block).width : blockWidth,
          width: Math.min(blockWidth, width - piece.x),
          height: Math.min(blockHeight, height - piece.y),
        };
      }
    },
    load,
    prefetch(blocks): void {
      if (!source.prefetch) return;
      const runs = blocks.flatMap((block) => partOf(block).runs);
      // Before those who load these blocks go on, as they wait for the same.
      starts.get().then((table) => {
        const ranges = runs.map((run) => rangeOf(run, table));
        source.prefetch?.(mergeRanges(ranges, REMOTE_GAP));
      }, () => {});
    },
  };
}

/** Joins runs to a JPEG, with markers that count from its first interval; `undefined` if a marker is not in its place. */
function joinRuns(
  runs: readonly RowRun[],
  { header, parts, last, startOf }: {
    readonly header: Uint8Array;
    /** The bytes of each run. They may share memory. */
    readonly parts: readonly Uint8Array[];
    /** The last interval of the picture. */
    readonly last: number;
    /** Where an interval begins in the bytes of its run. */
    readonly startOf: (interval: number, run: number) => number;
  },
): Uint8Array<ArrayBuffer> | undefined {
  const total = parts.reduce((sum, { length }) => sum + length, header.length);
  const stream = new Uint8Array(total + 2);
  stream.set(header);
  let end = header.length;
  let count = 0;
  for (const [i, run] of runs.entries()) {
    const part = parts[i];
    const from = startOf(run.first, i);
    if (run.first > 0 && !isMarker(part, 0, run.first - 1)) return undefined;
    stream.set(part.subarray(from), end);
    for (let interval = run.first; interval <= run.last; interval++) {
      if (interval === last) continue;
      const at = startOf(interval + 1, i) - 2;
      if (!isMarker(part, at, interval)) return undefined;
      stream[end + at + 1 - from] = restartMarker(count++);
    }
    end += part.length - from;
  }
  // The last run ends with a marker, unless it is the picture's last, which ends as the picture does.
  if (runs.at(-1)!.last !== last) end -= 2;
  stream.set([0xff, 0xd9], end);
  return stream.subarray(0, end + 2);
}

function isMarker(bytes: Uint8Array, at: number, interval: number): boolean {
  return bytes[at] === 0xff && bytes[at + 1] === restartMarker(interval);
}

/** Where the intervals of a JPEG begin: as the file says, or, if that is missing or wrong, as a search finds them. */
class Starts {
  readonly #jpeg: RestartJpeg;
  #table: Promise<ArrayLike<number>> | undefined;
  #searched: ArrayLike<number> | undefined;
  #trusted = true;

  constructor(jpeg: RestartJpeg) {
    this.#jpeg = jpeg;
  }

  /** The table; loaded once, and again if its file or server failed. */
  get(): Promise<ArrayLike<number>> {
    this.#table ??= this.#load().catch((error) => {
      // A search of damaged data would end alike.
      if (!(error instanceof SyntaxError)) this.#table = undefined;
      throw error;
    });
    return this.#table;
  }

  /**
   * Has a search replace a table that is wrong.
   *
   * @throws {SyntaxError} If it comes from a search.
   */
  distrust(table: ArrayLike<number>): void {
    if (table === this.#searched) {
      throw cannot(
        "read a JPEG",
        `its JPEG data are damaged: its restart intervals have more than ${MAX_BLOCK_BYTES} bytes`,
        { kind: SyntaxError },
      );
    }
    // Another block may have noticed before.
    if (this.#trusted) this.#table = undefined;
    this.#trusted = false;
  }

  async #load(): Promise<ArrayLike<number>> {
    const { source, range, header, tiles, loadStarts } = this.#jpeg;
    const { dataAt } = header;
    const count = tiles.columns * tiles.rows;
    const said = this.#trusted ? await loadStarts?.() : undefined;
    const { length } = range;
    if (said && isPossible(said, { count, dataAt, length })) return said;
    this.#trusted = false;
    return this.#searched = await findRestarts(source, range, {
      dataAt,
      count,
    });
  }
}

/** Whether a table can be right: of as many intervals, the first after the header, in order, and within the JPEG. */
function isPossible(
  starts: ArrayLike<number>,
  { count, dataAt, length }: {
    readonly count: number;
    readonly dataAt: number;
    readonly length: number;
  },
): boolean {
  if (starts.length !== count || starts[0] !== dataAt) return false;
  for (let i = 1; i < count; i++) {
    if (!(starts[i] - starts[i - 1] > 2)) return false;
  }
  return starts[count - 1] < length;
}
