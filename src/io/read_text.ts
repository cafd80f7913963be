import { cannot } from "../errors/cannot.ts";

const encoder = new TextEncoder();

/** Collects text as UTF-8: joining it as a string first, piece by piece, costs five times as much. */
export class TextBuffer {
  #bytes = new Uint8Array(1 << 16);
  #length = 0;

  /** Bytes so far. */
  get length(): number {
    return this.#length;
  }

  /** Adds text. */
  add(text: string): void {
    const most = this.#length + text.length * 3;
    if (most > this.#bytes.length) {
      const grown = new Uint8Array(Math.max(most, this.#bytes.length * 2));
      grown.set(this.#bytes.subarray(0, this.#length));
      this.#bytes = grown;
    }
    const free = this.#bytes.subarray(this.#length);
    this.#length += encoder.encodeInto(text, free).written;
  }

  /** Returns the bytes so far, which are valid until more is added, and starts over. */
  take(): Uint8Array {
    const bytes = this.#bytes.subarray(0, this.#length);
    this.#length = 0;
    return bytes;
  }
}

/** Maximum bytes of a text: JavaScript strings are not longer. */
const MOST = 2 ** 29;

/** Options for {@linkcode readText}. */
export interface ReadTextOptions {
  /** Maximum size, uncompressed, in bytes. Default: 512 MiB. */
  readonly most?: number;
  /** Stops the read early, with the signal's reason. */
  readonly signal?: AbortSignal;
}

/**
 * Reads a text file: UTF-8 or UTF-16, with or without a byte order mark, compressed by gzip or not. Deno only.
 *
 * @throws {RangeError} If it is larger than `most`.
 * @throws {SyntaxError} If its gzip data are damaged.
 * @throws {Error} If it cannot be read.
 */
export async function readText(
  path: string,
  { most = MOST, signal }: ReadTextOptions = {},
): Promise<string> {
  let bytes = await Deno.readFile(path, { signal });
  if (bytes[0] === 0x1f && bytes[1] === 0x8b) {
    bytes = await unzip(bytes, { path, most });
  }
  if (bytes.length > most) {
    throw cannot(`read "${path}"`, `it has more than ${most} bytes`, {
      kind: RangeError,
    });
  }
  const encoding = bytes[0] === 0xff && bytes[1] === 0xfe
    ? "utf-16le"
    : bytes[0] === 0xfe && bytes[1] === 0xff
    ? "utf-16be"
    : "utf-8";
  return new TextDecoder(encoding).decode(bytes); // which removes the mark
}

async function unzip(
  bytes: Uint8Array<ArrayBuffer>,
  { path, most }: { readonly path: string; readonly most: number },
): Promise<Uint8Array<ArrayBuffer>> {
  const parts: Uint8Array<ArrayBuffer>[] = [];
  let length = 0;
  try {
    const stream = new Blob([bytes]).stream()
      .pipeThrough(new DecompressionStream("gzip"));
    for await (const part of stream) {
      parts.push(part);
      length += part.length;
      if (length > most) break; // the caller rejects it
    }
  } catch (cause) {
    throw cannot(`read "${path}"`, "its gzip data are damaged", {
      kind: SyntaxError,
      cause,
    });
  }
  return new Uint8Array(await new Blob(parts).arrayBuffer());
}
