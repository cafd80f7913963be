import { damaged } from "./refuse.ts";

const VERSION = "01.02";

/** A record's bytes in a data file. */
export interface RecordPlace {
  readonly offset: number;
  readonly length: number;
  readonly file: number;
}

/** The images of a level, by their places in a grid; those that are missing have a length of 0. */
export interface LevelImages {
  readonly columns: number;
  readonly rows: number;
  readonly offsets: Int32Array;
  readonly lengths: Int32Array;
  readonly files: Uint16Array;
  /** How many there are. */
  readonly count: number;
  /** How many were listed more than once; the last counts. */
  readonly repeated: number;
}

/**
 * `Index.dat`: where images and other records lie in the data files. After the version and the slide's ID, it has pointers
 * to two tables of pointers to records, of levels and of other data. A record is a chain of pages: how many items, the next
 * page or 0, then the items, all 32-bit little-endian integers. The first page is empty.
 *
 * Source: OpenSlide's notes on MIRAX.
 */
export class IndexFile {
  readonly #view: DataView;
  readonly #start: number;

  /** @throws {SyntaxError} If it belongs to another slide, or is of another version. */
  constructor(
    bytes: Uint8Array<ArrayBuffer>,
    { id, name }: { readonly id: string; readonly name: string },
  ) {
    const start = VERSION.length + id.length;
    const text = new TextDecoder().decode(bytes.subarray(0, start));
    if (!text.startsWith(VERSION)) {
      throw damaged(`its index "${name}" is not of version ${VERSION}`);
    }
    if (text.slice(VERSION.length) !== id) {
      throw damaged(
        `its index "${name}" belongs to another slide (${
          text.slice(VERSION.length)
        }, not ${id.slice(0, 60)}): copy the slide's folder again`,
      );
    }
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    this.#start = start;
  }

  /** Reads where the images of a level are: an item is an image's number, its offset, length and file. */
  images(
    level: number,
    { across, down, concat, files }: {
      readonly across: number;
      readonly down: number;
      readonly concat: number;
      readonly files: number;
    },
  ): LevelImages {
    const columns = Math.ceil(across / concat);
    const rows = Math.ceil(down / concat);
    const places = {
      offsets: new Int32Array(columns * rows),
      lengths: new Int32Array(columns * rows),
      files: new Uint16Array(columns * rows),
    };
    let count = 0;
    let repeated = 0;
    for (const at of this.#items(this.#pointer(0, level), 16)) {
      const number = this.#integer(at);
      const x = number % across;
      const y = (number - x) / across;
      const isInside = number >= 0 && y < down && x % concat === 0 &&
        y % concat === 0;
      if (!isInside) {
        throw damaged(
          `its index has image ${number} in level ${level}, where there is none: it joins ${concat}×${concat} of ${across}×${down}`,
        );
      }
      const { offset, length, file } = this.#place(at + 4, files);
      const cell = y / concat * columns + x / concat;
      if (places.lengths[cell] > 0) repeated++;
      else if (length > 0) count++;
      places.offsets[cell] = offset;
      places.lengths[cell] = length;
      places.files[cell] = file;
    }
    return { columns, rows, ...places, count, repeated };
  }

  /** Where the data of a record beside the levels are: an item is two zeros, its offset, length and file. */
  record(record: number, files: number): RecordPlace | undefined {
    for (const at of this.#items(this.#pointer(4, record), 20)) {
      return this.#place(at + 8, files);
    }
    return undefined;
  }

  #place(at: number, files: number): RecordPlace {
    const [offset, length, file] = [0, 4, 8].map((by) =>
      this.#integer(at + by)
    );
    if (offset < 0 || length < 0 || file < 0 || file >= files) {
      throw damaged(
        `its index names bytes ${offset} and ${length} more of file ${file}, of files 0 to ${
          files - 1
        }`,
      );
    }
    return { offset, length, file };
  }

  /** The pointer to a record of a table, whose own pointer is `table` bytes after the ID. */
  #pointer(table: number, record: number): number {
    const start = this.#integer(this.#start + table);
    return this.#integer(start + 4 * record);
  }

  /** Offsets of the items in a chain of pages. */
  *#items(first: number, bytes: number): Generator<number, void, undefined> {
    const { byteLength } = this.#view;
    const seen = new Set<number>();
    let room = byteLength;
    for (let page = first; page !== 0 || seen.size === 0;) {
      const count = this.#integer(page);
      const next = this.#integer(page + 4);
      // Pages do not overlap, so all together have no more bytes than the file.
      room -= 8 + count * bytes;
      if (seen.has(page) || count < 0 || room < 0) {
        throw damaged("the pages of its index run in a circle, or overlap");
      }
      seen.add(page);
      for (let i = 0; i < count; i++) yield page + 8 + i * bytes;
      page = next;
    }
  }

  #integer(at: number): number {
    if (at < 0 || at + 4 > this.#view.byteLength) {
      throw damaged(
        `its index is cut short: it has ${this.#view.byteLength} bytes, and points to byte ${at}`,
      );
    }
    return this.#view.getInt32(at, true);
  }
}
