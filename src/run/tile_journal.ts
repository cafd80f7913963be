import { createHash } from "node:crypto";
import { writeAll } from "../io/atomic_file.ts";
import type { TilePosition } from "../tiles/plan_tiles.ts";
import {
  type JournalTile,
  type KeptTiles,
  packTile,
  unpackTile,
} from "./pack_tile.ts";
import {
  findRecord,
  packRecord,
  readAt,
  RECORD_BYTES,
  type RecordPlace,
} from "./tile_record.ts";

/**
 * Options for {@linkcode TileJournal.open}.
 *
 * @category Segmentation
 */
export interface TileJournalOptions extends KeptTiles {
  /** What results follow from; a journal with another key is discarded. */
  readonly key: string;
  /** Whether to use the tiles of an earlier run. Otherwise its journal is discarded. */
  readonly resume: boolean;
  /** Called once if the journal cannot be written; the run continues, but records no more tiles. */
  readonly onFailure?: (cause: unknown) => void;
}

// "TWJ3" and the SHA-256 of the key; then records: payload size, CRC-32 of index and payload, tile index, payload.
const MAGIC = 0x334a5754;
const HEADER_BYTES = 36;
/** Milliseconds between writes to the disk itself: after a power failure, at most this much work is lost. */
const SYNC_INTERVAL = 5000;

/**
 * The tiles of a slide that are finished, in a file beside the results, so that a run that was killed resumes within a
 * slide. Each record has a checksum: what a crash has torn, or what was changed, is discarded with all that follows. Deno
 * only.
 *
 * @category Segmentation
 */
export class TileJournal implements AsyncDisposable {
  readonly #path: string;
  readonly #file: Deno.FsFile;
  readonly #options: TileJournalOptions;
  readonly #places = new Map<number, Pick<RecordPlace, "offset" | "size">>();
  #end = HEADER_BYTES;
  #synced = performance.now();
  #failed = false;
  #closed = false;
  #discarded = 0;

  private constructor(
    path: string,
    file: Deno.FsFile,
    options: TileJournalOptions,
  ) {
    this.#path = path;
    this.#file = file;
    this.#options = options;
  }

  /**
   * Opens the journal at `path`, or begins one.
   *
   * @throws {Error} If the file cannot be opened or written.
   */
  static async open(
    path: string,
    options: TileJournalOptions,
  ): Promise<TileJournal> {
    const file = await Deno.open(path, {
      read: true,
      write: true,
      create: true,
    });
    const journal = new TileJournal(path, file, options);
    try {
      await journal.#begin();
      return journal;
    } catch (error) {
      file.close();
      throw error;
    }
  }

  /** Tiles in it. */
  get size(): number {
    return this.#places.size;
  }

  /** Bytes at the end of an earlier run's journal that were torn or altered, and are discarded. */
  get discarded(): number {
    return this.#discarded;
  }

  /** Whether a tile is finished. */
  has({ index }: TilePosition): boolean {
    return this.#places.has(index);
  }

  /** Reads a finished tile. */
  async read(tile: TilePosition): Promise<JournalTile> {
    const { offset, size } = this.#places.get(tile.index)!;
    const payload = await this.#readAt(offset, size);
    return await unpackTile(payload, tile, this.#options);
  }

  /** Records a finished tile. A tile that cannot be recorded is computed again when the run is resumed. */
  async add(finished: JournalTile): Promise<void> {
    if (this.#failed) return;
    const { index } = finished.tile;
    try {
      const payload = await packTile(finished, this.#options);
      const record = packRecord(index, payload);
      await this.#writeAt(this.#end, record);
      const offset = this.#end + RECORD_BYTES;
      this.#places.set(index, { offset, size: payload.length });
      this.#end += record.length;
      const now = performance.now();
      if (now - this.#synced < SYNC_INTERVAL) return;
      this.#synced = now;
      await this.#file.syncData();
    } catch (cause) {
      this.#failed = true;
      this.#options.onFailure?.(cause);
    }
  }

  /** Closes and removes it: the slide's results are complete. */
  async remove(): Promise<void> {
    this.#close();
    await Deno.remove(this.#path).catch(() => {});
  }

  /** Closes the file; one without tiles is removed. */
  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#closed) return;
    if (this.size === 0) return await this.remove();
    await this.#file.syncData().catch(() => {});
    this.#close();
  }

  #close(): void {
    if (!this.#closed) this.#file.close();
    this.#closed = true;
  }

  async #begin(): Promise<void> {
    const { key, probability, classes = 1, resume } = this.#options;
    const header = new Uint8Array(HEADER_BYTES);
    new DataView(header.buffer).setUint32(0, MAGIC, true);
    const kept = classes > 1 ? `${probability} ${classes}` : probability;
    const digest = createHash("sha256").update(`${key} ${kept}`).digest();
    header.set(digest, 4);
    const { size } = await this.#file.stat();
    if (resume && size >= HEADER_BYTES) {
      const found = await this.#readAt(0, HEADER_BYTES);
      if (header.every((byte, i) => byte === found[i])) {
        return await this.#findTiles(size);
      }
    }
    await this.#file.truncate(0);
    await this.#writeAt(0, header);
  }

  async #findTiles(size: number): Promise<void> {
    let at = HEADER_BYTES;
    for (;;) {
      const record = await findRecord(this.#file, at, size);
      if (!record) break;
      this.#places.set(record.index, record);
      at = record.offset + record.size;
    }
    this.#discarded = size - at;
    this.#end = at;
    await this.#file.truncate(at);
  }

  async #readAt(
    offset: number,
    size: number,
  ): Promise<Uint8Array<ArrayBuffer>> {
    const bytes = await readAt(this.#file, offset, size);
    if (!bytes) throw new Error(`"${this.#path}" was cut short`);
    return bytes;
  }

  async #writeAt(offset: number, bytes: Uint8Array): Promise<void> {
    await this.#file.seek(offset, Deno.SeekMode.Start);
    await writeAll(this.#file, bytes);
  }
}

/**
 * Takes finished tiles from a journal, and has the others predicted and recorded, in the tiles' order.
 *
 * @param tiles All tiles of the slide, in row-major order.
 * @param predict Predicts the tiles that it is given, in order.
 */
export async function* resumeTiles<
  T extends TilePosition,
  P extends JournalTile,
>(
  tiles: AsyncIterable<T>,
  journal: TileJournal,
  predict: (tiles: AsyncIterable<T>) => AsyncIterable<P>,
): AsyncGenerator<P | JournalTile, void, undefined> {
  const finished: TilePosition[] = [];
  async function* others(): AsyncGenerator<T, void, undefined> {
    for await (const tile of tiles) {
      if (!journal.has(tile)) {
        yield tile;
        continue;
      }
      const { index, column, row, x, y, size, expansion, downsample } = tile;
      finished.push(
        { index, column, row, x, y, size, expansion, downsample },
      );
    }
  }
  for await (const prediction of predict(others())) {
    const { index } = prediction.tile;
    while (finished.length > 0 && finished[0].index < index) {
      yield await journal.read(finished.shift()!);
    }
    await journal.add(prediction);
    yield prediction;
  }
  for (const tile of finished) yield await journal.read(tile);
}
