import { cannot, reasonOf } from "../errors/cannot.ts";
import { AtomicFile } from "../io/atomic_file.ts";
import { isMissing } from "../io/is_absent.ts";
import { MAX_VIEW_BYTES } from "../io/limits.ts";
import {
  BETWEEN,
  type CorrectedDocument,
  type CorrectedSlide,
  documentFrame,
  type FeatureText,
  readDocument,
} from "./corrected_document.ts";
import { StaleError, UnsavedError } from "./errors.ts";

const encoder = new TextEncoder();

/** What tells whether a file was replaced or written to. */
type Stamp = Pick<Deno.FileInfo, "dev" | "ino" | "size"> & {
  readonly modified: number | undefined;
};

/** A file that other programs may change, too: what they wrote is never overwritten. */
export class CorrectedFile {
  /** Its path. */
  readonly path: string;
  /** The file that was read or written last; `undefined` if there was none. */
  #stamp: Stamp | undefined;
  readonly #bytes = new WeakMap<FeatureText, Uint8Array<ArrayBuffer>>();
  #buffer = new Uint8Array(0);

  constructor(path: string) {
    this.path = path;
  }

  /**
   * Reads the file; `undefined` if there is none.
   *
   * @throws {Error} If it cannot be read.
   */
  async read(slide: CorrectedSlide): Promise<CorrectedDocument | undefined> {
    const stamp = await stampOf(this.path);
    const document = stamp && await readDocument(this.path, { slide });
    this.#stamp = stamp; // from before: what changed while it was read is found out at the next look
    return document;
  }

  /** Whether the file is the one that was read or written last. */
  async isUnchanged(): Promise<boolean> {
    const [then, now] = [this.#stamp, await stampOf(this.path)];
    return then?.dev === now?.dev && then?.ino === now?.ino &&
      then?.size === now?.size && then?.modified === now?.modified;
  }

  /**
   * Replaces the file by another content. Whatever happens, it is whole, before or after.
   *
   * @throws {StaleError} If another program has changed it.
   * @throws {UnsavedError} If it cannot be written.
   */
  async write(
    content: Parameters<typeof documentFrame>[0] & {
      /** In order. */
      readonly features: Iterable<FeatureText>;
    },
  ): Promise<void> {
    const action = `save "${this.path}"`;
    const bytes = this.#join(content);
    if (bytes.length > MAX_VIEW_BYTES) {
      throw cannot(action, `it would have more than ${MAX_VIEW_BYTES} bytes`, {
        kind: UnsavedError,
      });
    }
    try {
      await using file = await AtomicFile.create(this.path);
      await file.write(bytes);
      await file.sync();
      // As late as can be: then nothing but the new name is missing.
      await this.#expectUnchanged(action);
      await file.close();
      // It is saved. If its stamp cannot be had, the next look takes it for another program's.
      this.#stamp = await stampOf(this.path).catch(() => undefined);
    } catch (cause) {
      if (cause instanceof StaleError) throw cause;
      throw cannot(action, reasonOf(cause), { cause, kind: UnsavedError });
    }
  }

  #join(
    { features, ...frame }: Parameters<CorrectedFile["write"]>[0],
  ): Uint8Array<ArrayBuffer> {
    const { start, end } = documentFrame(frame);
    const pieces = [encoder.encode(start)];
    const between = encoder.encode(BETWEEN);
    for (const feature of features) {
      if (pieces.length > 1) pieces.push(between);
      pieces.push(this.#bytesOf(feature));
    }
    pieces.push(encoder.encode(end));
    const length = pieces.reduce((sum, piece) => sum + piece.length, 0);
    if (this.#buffer.length < length) {
      this.#buffer = new Uint8Array(Math.ceil(length * 1.25));
    }
    let at = 0;
    for (const piece of pieces) {
      this.#buffer.set(piece, at);
      at += piece.length;
    }
    return this.#buffer.subarray(0, length);
  }

  /** Encoding takes most of the time of saving, and few features change between two times. */
  #bytesOf(feature: FeatureText): Uint8Array<ArrayBuffer> {
    const known = this.#bytes.get(feature);
    if (known) return known;
    const bytes = encoder.encode(feature.text);
    this.#bytes.set(feature, bytes);
    return bytes;
  }

  async #expectUnchanged(action: string): Promise<void> {
    if (await this.isUnchanged()) return;
    throw cannot(
      action,
      "another program has changed the file: reload the page to go on with what it has now",
      { kind: StaleError },
    );
  }
}

async function stampOf(path: string): Promise<Stamp | undefined> {
  try {
    const { dev, ino, size, mtime } = await Deno.stat(path);
    return { dev, ino, size, modified: mtime?.getTime() };
  } catch (cause) {
    if (isMissing(cause)) return undefined;
    throw cannot(`read "${path}"`, reasonOf(cause), { cause });
  }
}
