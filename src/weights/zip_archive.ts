import { inflateSync } from "fflate";
import { MAX_DEFLATE_RATIO, MAX_GROWTH, MAX_ZIP_RATIO } from "../io/limits.ts";
import { cannot } from "../errors/cannot.ts";
import { ByteReader, describeValue } from "./byte_reader.ts";

let tables: readonly Int32Array[] | undefined;

/** Tables for four bytes at a time: four times as fast as one by one, and weights take hundreds of megabytes. */
function makeTables(): readonly Int32Array[] {
  const tables = Array.from({ length: 4 }, () => new Int32Array(256));
  for (let byte = 0; byte < 256; byte++) {
    let crc = byte;
    for (let bit = 0; bit < 8; bit++) {
      crc = crc & 1 ? (crc >>> 1) ^ 0xedb88320 : crc >>> 1;
    }
    tables[0][byte] = crc;
  }
  for (let byte = 0; byte < 256; byte++) {
    for (let i = 1; i < 4; i++) {
      const before = tables[i - 1][byte];
      tables[i][byte] = (before >>> 8) ^ tables[0][before & 255];
    }
  }
  return tables;
}

/** CRC-32 as zip archives use it (IEEE 802.3, reflected), as an unsigned number. */
export function crc32(bytes: Uint8Array): number {
  const [t0, t1, t2, t3] = tables ??= makeTables();
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const whole = bytes.length & ~3;
  let crc = -1;
  for (let i = 0; i < whole; i += 4) {
    crc ^= view.getInt32(i, true);
    crc = t3[crc & 255] ^ t2[(crc >>> 8) & 255] ^ t1[(crc >>> 16) & 255] ^
      t0[crc >>> 24];
  }
  for (let i = whole; i < bytes.length; i++) {
    crc = (crc >>> 8) ^ t0[(crc ^ bytes[i]) & 255];
  }
  return ~crc >>> 0;
}

interface Entry {
  readonly method: number;
  readonly encrypted: boolean;
  readonly crc: number;
  readonly packedSize: number;
  readonly size: number;
  readonly headerOffset: number;
}

const endSignature = 0x06054b50;
const end64Signature = 0x06064b50;
const end64LocatorSignature = 0x07064b50;
const directorySignature = 0x02014b50;
const localSignature = 0x04034b50;

/**
 * A zip archive in memory, read by its central directory, zip64 included. Stored entries are views of the archive, so
 * that checkpoints of hundreds of megabytes are not copied, as a general library would do.
 *
 * Source: https://pkware.cachefly.net/webdocs/casestudies/APPNOTE.TXT.
 */
export class ZipArchive {
  readonly #bytes: Uint8Array;
  readonly #subject: string;
  readonly #entries = new Map<string, Entry>();
  /** Bytes that entries may still inflate to: kilobytes must not become gigabytes. */
  #inflateBudget: number;

  /** @throws {SyntaxError} If the archive's directory is damaged or missing. */
  constructor(bytes: Uint8Array, subject: string) {
    this.#bytes = bytes;
    this.#subject = subject;
    this.#inflateBudget = MAX_GROWTH + MAX_ZIP_RATIO * bytes.length;
    this.#readDirectory();
  }

  /** Names of the entries, in the directory's order. */
  get names(): string[] {
    return [...this.#entries.keys()];
  }

  /**
   * An entry's content, or `undefined` if the archive has no such entry.
   *
   * @throws {SyntaxError} If the entry is damaged or outside the archive.
   * @throws {RangeError} If it inflates to too much.
   */
  read(name: string): Uint8Array | undefined {
    const entry = this.#entries.get(name);
    if (!entry) return undefined;
    const { method, encrypted, crc, packedSize, size, headerOffset } = entry;
    if (
      encrypted || (method !== 0 && method !== 8) ||
      (method === 0 && size !== packedSize)
    ) {
      this.#fail(
        `entry ${describeValue(name)} must be stored or deflated, received ${
          encrypted
            ? "an encrypted one"
            : `method ${method}, ${packedSize} of ${size} bytes`
        }`,
      );
    }
    const reader = new ByteReader(this.#bytes, this.#subject, headerOffset);
    if (reader.u32() !== localSignature) {
      this.#fail(
        `entry ${describeValue(name)} has no header at byte ${headerOffset}`,
      );
    }
    reader.skip(22);
    const nameLength = reader.u16();
    const extraLength = reader.u16();
    reader.skip(nameLength + extraLength);
    const packed = reader.take(packedSize);
    const content = method === 0 ? packed : this.#inflate(name, packed, size);
    // torch.save can be told not to compute checksums, and then leaves them 0.
    if (crc !== 0 && crc32(content) !== crc) {
      this.#fail(
        `entry ${
          describeValue(name)
        } does not match its CRC-32; the file is damaged, copy it again`,
      );
    }
    return content;
  }

  #inflate(name: string, packed: Uint8Array, size: number): Uint8Array {
    if (
      size > this.#inflateBudget ||
      size > MAX_DEFLATE_RATIO * packed.length + 64
    ) {
      throw cannot(
        `read ${this.#subject}`,
        `entry ${
          describeValue(name)
        } inflates too much (${packed.length} bytes to ${size})`,
        { kind: RangeError },
      );
    }
    this.#inflateBudget -= size;
    let content: Uint8Array;
    try {
      content = inflateSync(packed, { out: new Uint8Array(size) });
    } catch (cause) {
      throw cannot(
        `read ${this.#subject}`,
        `entry ${describeValue(name)} is not valid deflate data`,
        { kind: SyntaxError, cause },
      );
    }
    if (content.length !== size) {
      this.#fail(
        `entry ${
          describeValue(name)
        } must inflate to ${size} bytes, received ${content.length}`,
      );
    }
    return content;
  }

  #readDirectory(): void {
    const { count, size, offset } = this.#findDirectory();
    if (offset + size > this.#bytes.length || count * 46 > size) {
      this.#fail(
        `the zip directory must lie within the file (${count} entries in ${size} bytes at ${offset} of ${this.#bytes.length}); the file may be incomplete`,
      );
    }
    const directory = this.#bytes.subarray(offset, offset + size);
    const reader = new ByteReader(directory, this.#subject);
    for (let i = 0; i < count; i++) {
      if (reader.u32() !== directorySignature) {
        this.#fail(`the zip directory is damaged at entry ${i}`);
      }
      reader.skip(4);
      const flags = reader.u16();
      const method = reader.u16();
      reader.skip(4);
      const crc = reader.u32();
      const sizes = [reader.u32(), reader.u32()];
      const nameLength = reader.u16();
      const extraLength = reader.u16();
      const commentLength = reader.u16();
      reader.skip(8);
      sizes.push(reader.u32());
      const name = reader.text(nameLength);
      const [fullSize, packedSize, headerOffset] = this.#widen(
        [sizes[1], sizes[0], sizes[2]],
        reader.take(extraLength),
      );
      reader.skip(commentLength);
      if (this.#entries.has(name)) {
        this.#fail(`two entries are named ${describeValue(name)}`);
      }
      const encrypted = (flags & 1) !== 0;
      this.#entries.set(name, {
        method,
        encrypted,
        crc,
        packedSize,
        size: fullSize,
        headerOffset,
      });
    }
  }

  /** Replaces sizes that do not fit in 32 bits by those of the entry's zip64 field, which are in the same order. */
  #widen(sizes: number[], extra: Uint8Array): number[] {
    if (!sizes.includes(0xffffffff)) return sizes;
    const reader = new ByteReader(extra, this.#subject);
    while (reader.position + 4 <= extra.length) {
      const id = reader.u16();
      const field = reader.take(reader.u16());
      if (id !== 1) continue;
      const wide = new ByteReader(field, this.#subject);
      return sizes.map((size) => size === 0xffffffff ? wide.u64() : size);
    }
    return sizes;
  }

  #findDirectory(): { count: number; size: number; offset: number } {
    const bytes = this.#bytes;
    // The end record is 22 bytes, followed by a comment of at most 65,535.
    const last = bytes.length - 22;
    let at = last;
    const reader = new ByteReader(bytes, this.#subject);
    const isEnd = () => {
      if (bytes[at] !== 0x50) return false;
      reader.position = at;
      return reader.u32() === endSignature;
    };
    while (at >= 0 && at >= last - 65535 && !isEnd()) at--;
    if (at < 0 || at < last - 65535) {
      this.#fail("the zip directory is missing; the file may be incomplete");
    }
    reader.position = at + 10;
    const end = {
      count: reader.u16(),
      size: reader.u32(),
      offset: reader.u32(),
    };
    const isFull = end.count === 0xffff || end.size === 0xffffffff ||
      end.offset === 0xffffffff;
    if (!isFull || at < 20) return end;
    reader.position = at - 20;
    if (reader.u32() !== end64LocatorSignature) return end;
    reader.skip(4);
    reader.position = reader.u64();
    if (reader.u32() !== end64Signature) {
      this.#fail(`no zip64 end record at byte ${reader.position - 4}`);
    }
    reader.skip(28);
    return { count: reader.u64(), size: reader.u64(), offset: reader.u64() };
  }

  #fail(reason: string): never {
    throw cannot(`read ${this.#subject}`, reason, { kind: SyntaxError });
  }
}
