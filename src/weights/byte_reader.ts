import { cannot } from "../errors/cannot.ts";

const utf8 = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

/** Reads little-endian values one after another, and never past the end. */
export class ByteReader {
  readonly bytes: Uint8Array;
  readonly #view: DataView;
  readonly #subject: string;
  /** Where the next read begins, in bytes. */
  position: number;

  constructor(bytes: Uint8Array, subject: string, position = 0) {
    this.bytes = bytes;
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    this.#subject = subject;
    this.position = position;
  }

  /** Moves past `length` bytes and returns where they began. */
  skip(length: number): number {
    const start = this.position;
    if (length > this.bytes.length - start) {
      throw cannot(
        `read ${this.#subject}`,
        `the data ends early (${length} bytes expected at byte ${start} of ${this.bytes.length}); the file may be incomplete`,
        { kind: SyntaxError },
      );
    }
    this.position = start + length;
    return start;
  }

  u8(): number {
    return this.#view.getUint8(this.skip(1));
  }

  u16(): number {
    return this.#view.getUint16(this.skip(2), true);
  }

  i32(): number {
    return this.#view.getInt32(this.skip(4), true);
  }

  u32(): number {
    return this.#view.getUint32(this.skip(4), true);
  }

  /** An unsigned 64-bit length or offset, below 2^53. */
  u64(): number {
    const value = this.#view.getBigUint64(this.skip(8), true);
    if (value > BigInt(Number.MAX_SAFE_INTEGER)) {
      throw cannot(`read ${this.#subject}`, "lengths must be below 2^53", {
        received: value,
        kind: RangeError,
      });
    }
    return Number(value);
  }

  /** A big-endian double, the one big-endian value in a pickle. */
  f64BigEndian(): number {
    return this.#view.getFloat64(this.skip(8), false);
  }

  /** The next bytes, as a view. */
  take(length: number): Uint8Array {
    const start = this.skip(length);
    return this.bytes.subarray(start, start + length);
  }

  /** The next bytes as UTF-8 text. */
  text(length: number): string {
    const bytes = this.take(length);
    try {
      return utf8.decode(bytes);
    } catch (cause) {
      throw cannot(
        `read ${this.#subject}`,
        `the text at byte ${this.position - length} must be UTF-8`,
        { kind: SyntaxError, cause },
      );
    }
  }

  /** Text up to the next line feed, which is skipped. */
  line(): string {
    const end = this.bytes.indexOf(10, this.position);
    const length = (end < 0 ? this.bytes.length : end) - this.position;
    if (end < 0 || length > 65536) {
      throw cannot(
        `read ${this.#subject}`,
        `the line at byte ${this.position} must end within 65536 bytes`,
        { kind: SyntaxError },
      );
    }
    const text = this.text(length);
    this.position++;
    return text;
  }
}

/**
 * Describes a value from an untrusted file for one line of an error message: strings are quoted, escaped and
 * truncated. Never calls methods of the value, and does not look inside containers.
 */
export function describeValue(value: unknown): string {
  if (typeof value === "string") {
    const cut = value.length > 100 ? `${value.slice(0, 100)}…` : value;
    return escapeControls(JSON.stringify(cut));
  }
  if (value === null) return "None";
  if (value === undefined) return "nothing";
  if (typeof value === "number" || typeof value === "boolean") {
    return String(value);
  }
  if (typeof value === "bigint") {
    const bits = BigInt.asIntN(64, value);
    return bits === value ? String(value) : "an integer of more than 64 bits";
  }
  if (value instanceof Uint8Array) return `${value.length} bytes`;
  if (Array.isArray(value)) return `a sequence of ${value.length}`;
  if (value instanceof Map) return `a dictionary of ${value.size}`;
  const label = (value as { label?: unknown }).label;
  return typeof label === "string" ? label : typeof value;
}

/** Escapes the characters that JSON leaves alone and that a terminal or log would act on. */
function escapeControls(text: string): string {
  return text.replace(
    // deno-lint-ignore no-control-regex -- these must not reach a terminal
    /[\u0000-\u001f\u007f-\u009f\u2028\u2029]/g,
    (character) =>
      `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`,
  );
}
