import { cannot } from "../../../errors/cannot.ts";
import { MAX_DICOM_HEADER } from "../../../io/limits.ts";
import type { ByteSource } from "../../byte_source.ts";

/** Bytes that are read at a time: at first, and once a header turns out to be long. */
const FIRST_BYTES = 1 << 14;
const MORE_BYTES = 1 << 18;

/** A place in a file that moves forward. What it passes is read in large pieces, and what is skipped is not read. */
export class Cursor {
  /** Where it is in the file. */
  at = 0;
  readonly size: number;
  readonly #source: ByteSource;
  #bytes = new Uint8Array();
  #view = new DataView(this.#bytes.buffer);
  #start = 0;
  #passed = 0;

  constructor(source: ByteSource) {
    this.#source = source;
    this.size = source.size;
  }

  /** Whether so many bytes are at hand; otherwise {@linkcode fill} has to be awaited. */
  has(length: number): boolean {
    return this.at >= this.#start &&
      this.at + length <= this.#start + this.#bytes.length;
  }

  /**
   * Reads on.
   *
   * @throws {SyntaxError} If the file ends before.
   * @throws {RangeError} If the header is too long.
   */
  async fill(length: number): Promise<void> {
    const { at, size } = this;
    if (at + length > size) {
      throw cannot(
        "read a DICOM header",
        `it is cut short: it goes on to byte ${
          at + length
        }, but the file ends at ${size}`,
        { kind: SyntaxError },
      );
    }
    const most = this.#bytes.length === 0 ? FIRST_BYTES : MORE_BYTES;
    this.#passed += Math.min(at - this.#start, this.#bytes.length);
    if (this.#passed > MAX_DICOM_HEADER) {
      throw cannot(
        "read a DICOM header",
        `it has more than ${MAX_DICOM_HEADER} bytes before its pixels`,
        { kind: RangeError },
      );
    }
    this.#bytes = await this.#source.read(
      at,
      Math.min(Math.max(length, most), size - at),
    );
    this.#view = new DataView(this.#bytes.buffer);
    this.#start = at;
  }

  u16(): number {
    this.at += 2;
    return this.#view.getUint16(this.at - 2 - this.#start, true);
  }

  u32(): number {
    this.at += 4;
    return this.#view.getUint32(this.at - 4 - this.#start, true);
  }

  /** Bytes that are at hand. */
  take(length: number): Uint8Array {
    const from = this.at - this.#start;
    this.at += length;
    return this.#bytes.subarray(from, from + length);
  }
}
