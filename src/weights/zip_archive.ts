import { inflateSync } from "fflate";
import { ByteReader, describeValue } from "./byte_reader.ts";

let tables: readonly Int32Array[] | undefined;

/** Tables for four bytes at a time: four times as fast as one, and weights are hundreds of megabytes. */
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
 * A zip archive in memory, read by its central directory, zip64 included. Stored entries are views of the archive, so a
 * checkpoint of hundreds of megabytes is not copied. A general unzipper would copy each of them.
 *
 * Source: https://pkware.cachefly.net/webdocs/casestudies/APPNOTE.TXT.
 */
export class ZipArchive {
  readonly #bytes: Uint8Array;
  readonly #subject: string;
  readonly #entries = new Map<string, Entry>();
  /** Remaining bytes that entries may inflate to: kilobytes must not become gigabytes. */
  #inflateBudget: number;

  /** @throws {SyntaxError} If the archive's directory is damaged or missing. */
  constructor(bytes: Uint8Array, subject: string) {
    this.#bytes = bytes;
    this.#subject = subject;
    this.#inflateBudget = 64 * 2 ** 20 + 8 * bytes.length;
    this.#readDirectory();
  }

  /** The entries' names, in the directory's order. */
  get names(): string[] {
    return [...this.#entries.keys()];
  }

  /**
   * An entry's content, or `undefined` if the archive has no such entry.
   *
   * @throws {SyntaxError} If the entry is broken.
   * @throws {RangeError} If it lies outside of the archive or inflates to too much.
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
        `entry ${describeValue(name)} must be stored or deflated`,
        encrypted
          ? "an encrypted one"
          : `method ${method}, ${packedSize} of ${size} bytes`,
      );
    }
    const reader = new ByteReader(this.#bytes, this.#subject, headerOffset);
    if (reader.u32() !== localSignature) {
      this.#fail(
        `entry ${describeValue(name)} must have a header`,
        `other bytes at ${headerOffset}`,
      );
    }
    reader.skip(22);
    const nameLength = reader.u16();
    const extraLength = reader.u16();
    reader.skip(nameLength + extraLength);
    const packed = reader.take(packedSize);
    const content = method === 0 ? packed : this.#inflate(name, packed, size);
    // torch.save can be told not to compute checksums; it then leaves them 0.
    if (crc !== 0 && crc32(content) !== crc) {
      this.#fail(
        `entry ${
          describeValue(name)
        } must match its CRC-32 (is the file damaged?)`,
        `${crc32(content).toString(16)} where ${crc.toString(16)} was written`,
      );
    }
    return content;
  }

  #inflate(name: string, packed: Uint8Array, size: number): Uint8Array {
    // Deflate cannot shrink by more than about 1 : 1032.
    if (size > this.#inflateBudget || size > 1040 * packed.length + 64) {
      throw new RangeError(
        `Cannot read ${this.#subject} as deflated entries must not grow beyond reason: received ${
          describeValue(name)
        } with ${packed.length} bytes claiming ${size}`,
      );
    }
    this.#inflateBudget -= size;
    let content: Uint8Array;
    try {
      content = inflateSync(packed, { out: new Uint8Array(size) });
    } catch (cause) {
      throw new SyntaxError(
        `Cannot read ${this.#subject} as entry ${
          describeValue(name)
        } must be sound deflate data: received ${packed.length} broken bytes`,
        { cause },
      );
    }
    if (content.length !== size) {
      this.#fail(
        `entry ${describeValue(name)} must inflate to ${size} bytes`,
        `${content.length}`,
      );
    }
    return content;
  }

  #readDirectory(): void {
    const { count, size, offset } = this.#findDirectory();
    if (offset + size > this.#bytes.length || count * 46 > size) {
      this.#fail(
        "a zip's directory must lie within the file (is the file cut short?)",
        `${count} entries in ${size} bytes at ${offset} of ${this.#bytes.length}`,
      );
    }
    const directory = this.#bytes.subarray(offset, offset + size);
    const reader = new ByteReader(directory, this.#subject);
    for (let i = 0; i < count; i++) {
      if (reader.u32() !== directorySignature) {
        this.#fail(
          "a zip's directory must list its entries",
          `other bytes for entry ${i}`,
        );
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
        this.#fail(
          "a zip's entries must have distinct names",
          `${describeValue(name)} twice`,
        );
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

  /** Takes sizes that do not fit 32 bits from the entry's zip64 field, in the order they are given. */
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
      this.#fail(
        "a zip must end with its directory (is the file cut short?)",
        `${bytes.length} bytes without one`,
      );
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
      this.#fail(
        "a zip64 must have its end record",
        `other bytes at ${reader.position - 4}`,
      );
    }
    reader.skip(28);
    return { count: reader.u64(), size: reader.u64(), offset: reader.u64() };
  }

  #fail(rule: string, received: string): never {
    throw new SyntaxError(
      `Cannot read ${this.#subject} as ${rule}: received ${received}`,
    );
  }
}
