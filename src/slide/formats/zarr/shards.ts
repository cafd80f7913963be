import { cannot } from "../../../errors/cannot.ts";
import { isMissing } from "../../../io/is_absent.ts";
import { product } from "../../../io/product.ts";
import type { ByteRange, ByteSource } from "../../byte_source.ts";
import { checkCrc32c } from "../../codecs/crc32c.ts";
import { mostEncoded } from "../../codecs/zarr.ts";
import type { Folder } from "../../folder.ts";
import type { ZarrArray } from "./zarr_array.ts";

/** Shards that are open at a time. */
const MOST_OPEN = 64;
/** Bytes of tables to keep. */
const TABLE_BYTES = 2 ** 26;
/** Bytes of a table's entry: an offset and a length. */
const ENTRY = 16;
/** What both are for a chunk that is absent. */
const ABSENT = 2n ** 64n - 1n;

/** Offsets and lengths of a shard's chunks in turn, in the order of their indices; lengths of absent ones are -1. */
type Table = Float64Array;

interface OpenShard {
  readonly source: Promise<ByteSource | undefined>;
  users: number;
}

/**
 * Reads chunks out of shards, files that hold many: the table of a shard is read once, then each chunk by its range.
 *
 * Source: Zarr 3, sharding_indexed 1.0.
 */
export class ShardReader {
  #open = new Map<string, OpenShard>();
  #tables = new Map<string, Promise<Table>>();
  readonly #folder: Folder;
  readonly #array: ZarrArray;
  /** Chunks of a shard along each axis. */
  readonly #counts: readonly number[];

  /** Makes a reader of an array's shards. */
  constructor(folder: Folder, array: ZarrArray) {
    this.#folder = folder;
    this.#array = array;
    this.#counts = array.file.map((size, axis) => size / array.chunk[axis]);
  }

  /** Reads an encoded chunk; `undefined` if it is absent. */
  async read(
    index: readonly number[],
  ): Promise<Uint8Array<ArrayBuffer> | undefined> {
    return await this.#use(this.#pathOf(index), async (source, table) => {
      const range = this.#rangeOf(table, index);
      return range && await source.read(range.offset, range.length);
    });
  }

  /** Announces chunks that will be read soon. */
  prefetch(indices: readonly (readonly number[])[]): void {
    const byPath = Map.groupBy(indices, (index) => this.#pathOf(index));
    for (const [path, indices] of byPath) {
      // What fails here fails again when it is read.
      this.#use(path, (source, table) => {
        source.prefetch?.(
          indices.flatMap((index) => this.#rangeOf(table, index) ?? []),
        );
        return Promise.resolve();
      }).catch(() => {});
    }
  }

  #pathOf(index: readonly number[]): string {
    return this.#array.fileOf(
      index.map((at, axis) => Math.floor(at / this.#counts[axis])),
    );
  }

  #rangeOf(table: Table, index: readonly number[]): ByteRange | undefined {
    const at = index.reduce(
      (at, value, axis) => at * this.#counts[axis] + value % this.#counts[axis],
      0,
    );
    const [offset, length] = table.subarray(2 * at, 2 * at + 2);
    return length < 0 ? undefined : { offset, length };
  }

  /** Uses a shard, which stays open meanwhile; `undefined` if it is absent. */
  async #use<T>(
    path: string,
    use: (source: ByteSource, table: Table) => Promise<T>,
  ): Promise<T | undefined> {
    const shard = this.#open.get(path) ??
      { source: this.#start(path), users: 0 };
    // The most recently used is the last.
    this.#open.delete(path);
    this.#open.set(path, shard);
    shard.users++;
    try {
      const source = await shard.source;
      return source && await use(source, await this.#tableOf(path, source));
    } catch (error) {
      if (await failed(shard.source)) this.#open.delete(path); // to be tried again
      throw error;
    } finally {
      shard.users--;
      this.#closeIdle();
    }
  }

  async #start(path: string): Promise<ByteSource | undefined> {
    try {
      return await this.#folder.open(path);
    } catch (error) {
      if (isMissing(error)) return undefined;
      throw error;
    }
  }

  #closeIdle(): void {
    for (const [path, { source, users }] of this.#open) {
      if (this.#open.size <= MOST_OPEN) break;
      if (users > 0) continue;
      this.#open.delete(path);
      source.then((source) => source?.close()).catch(() => {});
    }
  }

  #tableOf(path: string, source: ByteSource): Promise<Table> {
    const known = this.#tables.get(path);
    if (known) return known;
    const table = this.#readTable(source);
    this.#tables.set(path, table);
    table.catch(() => this.#tables.delete(path));
    const most = TABLE_BYTES / (ENTRY * product(this.#counts));
    for (const other of this.#tables.keys()) {
      if (this.#tables.size <= Math.max(1, most)) break;
      this.#tables.delete(other);
    }
    return table;
  }

  async #readTable(source: ByteSource): Promise<Table> {
    const { shard, chunk, bits } = this.#array;
    const count = product(this.#counts);
    const length = count * ENTRY + (shard!.checksum ? 4 : 0);
    if (source.size < length) {
      throw damaged(
        `it has ${source.size} bytes, fewer than the ${length} of its index`,
      );
    }
    const bytes = await source.read(
      shard!.atStart ? 0 : source.size - length,
      length,
    );
    const entries = shard!.checksum
      ? checkCrc32c(bytes, "shard's index")
      : bytes;
    const view = new DataView(entries.buffer, entries.byteOffset);
    const table = new Float64Array(2 * count);
    const most = mostEncoded(product(chunk) * bits / 8);
    for (let i = 0; i < count; i++) {
      const offset = view.getBigUint64(i * ENTRY, true);
      const size = view.getBigUint64(i * ENTRY + 8, true);
      const isAbsent = offset === ABSENT && size === ABSENT;
      table.set(isAbsent ? [0, -1] : [Number(offset), Number(size)], 2 * i);
      if (isAbsent) continue;
      if (offset + size > BigInt(source.size) || size > BigInt(most)) {
        throw damaged(
          `chunk ${i} has ${size} bytes at ${offset}, of ${source.size}`,
        );
      }
    }
    return table;
  }
}

async function failed(promise: Promise<unknown>): Promise<boolean> {
  return await promise.then(() => false, () => true);
}

function damaged(what: string): Error {
  return cannot("read a shard", `its shard is damaged: ${what}`, {
    kind: SyntaxError,
  });
}
