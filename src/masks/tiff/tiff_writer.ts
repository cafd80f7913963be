/**
 * Streams a tiled, deflated TIFF to disk:
 *
 * ```text
 * createTiffWriter(target: string | TiffFile, options: TiffWriterOptions): Promise<TiffWriter>
 *   options: { width, height, samples: 1 | 3, tileSize?, mpp?: { x, y }, description?, pyramid?, bigTiff = true }
 * writer.writeRows(y, height, data): Promise<void>   rows from top to bottom, `width * height * samples` bytes
 * writer.close(): Promise<void>                      writes the directory; a path gets its file only now
 * writer.abort(): Promise<void>                      removes the file of a path
 * ```
 */
import { cannot } from "../../errors/cannot.ts";
import { AtomicFile } from "../../io/atomic_file.ts";
import { expectSize } from "../mask_band.ts";
import { encodeTiffDirectories, encodeTiffHeader } from "./tiff_directory.ts";
import { TiffLevel } from "./tiff_level.ts";

/**
 * What a {@linkcode TiffWriter} writes to; `Deno.FsFile` fits.
 *
 * @category TIFF
 */
export interface TiffFile {
  /** Writes at the current position; resolves to the number of bytes written. */
  write(data: Uint8Array): Promise<number>;
  /** Moves to a byte offset from the start. */
  seek(offset: number, whence: 0): Promise<number>;
}

/**
 * Options for {@linkcode createTiffWriter}.
 *
 * @category TIFF
 */
export interface TiffWriterOptions {
  /** Width in pixels. */
  readonly width: number;
  /** Height in pixels. */
  readonly height: number;
  /** Bytes per pixel: 1 for gray (0 is black), 3 for RGB. */
  readonly samples: 1 | 3;
  /** Colors of the values of one sample, such as `#e69f00`: the file has a palette. Default: gray. */
  readonly palette?: readonly string[];
  /** Tile size in pixels, a multiple of 16. Default: 512, or what fits in the image. */
  readonly tileSize?: number;
  /** Micrometers per pixel, written as the resolution. */
  readonly mpp?: { readonly x: number; readonly y: number };
  /** Text for the ImageDescription tag. */
  readonly description?: string;
  /**
   * How four pixels become one of the next level: their maximum, their mean, or of the values above 0 the one that most of them
   * have, the smallest of several. Each level is half the size of the previous
   * one, down to the size of a tile. Default: one level.
   */
  readonly pyramid?: "max" | "mean" | "class";
  /** Whether to write a BigTIFF; a classic TIFF is limited to 4 GB. Default: true. */
  readonly bigTiff?: boolean;
}

const SOFTWARE = "Tilewise";

/**
 * Writes one tiled 8-bit TIFF, deflated, row by row; made by {@linkcode createTiffWriter}.
 *
 * @category TIFF
 */
export class TiffWriter implements AsyncDisposable {
  readonly #file: TiffFile;
  readonly #owned: AtomicFile | undefined;
  readonly #options: TiffWriterOptions & { readonly tileSize: number };
  readonly #big: boolean;
  readonly #level: TiffLevel;
  /** Positions of tiles with a single value: most of a mask is empty, and all such tiles share one stored tile. */
  readonly #uniform = new Map<number, { offset: number; byteCount: number }>();
  #row = 0;
  #position = 0;

  /** Use {@linkcode createTiffWriter}. */
  constructor(file: TiffFile, options: TiffWriterOptions, owned?: AtomicFile) {
    this.#file = file;
    this.#owned = owned;
    const { samples, pyramid, bigTiff = true } = options;
    const tileSize = options.tileSize ?? usualTileSize(options);
    this.#options = { ...options, tileSize };
    this.#big = bigTiff;
    this.#level = new TiffLevel(options, {
      tileSize,
      samples,
      pyramid,
      store: (tile, value) => this.#store(tile, value),
    });
  }

  /** Writes the header; {@linkcode createTiffWriter} calls it. */
  async start(): Promise<void> {
    await this.#write(encodeTiffHeader(this.#big, 0));
  }

  /**
   * Writes the next `height` rows.
   *
   * @param y The first row; rows come from top to bottom without gaps.
   * @param height The number of rows.
   * @param data `width * height * samples` bytes, row by row; not used after the promise resolves.
   * @throws {RangeError} If rows are missing, repeated, or past the bottom, or if `data` has the wrong size.
   */
  async writeRows(y: number, height: number, data: Uint8Array): Promise<void> {
    const { width, samples, tileSize } = this.#options;
    if (
      y !== this.#row || !Number.isInteger(height) || height < 0 ||
      y + height > this.#options.height
    ) {
      throw cannot(
        "write TIFF rows",
        `row ${this.#row} of ${this.#options.height} comes next, not ${height} rows from ${y}`,
        { kind: RangeError },
      );
    }
    const stride = width * samples;
    if (data.length !== stride * height) {
      throw cannot("write TIFF rows", `${stride * height} bytes are needed`, {
        received: data.length,
        kind: RangeError,
      });
    }
    for (let row = 0; row < height; row++) {
      this.#level.setRow(
        this.#row,
        data.subarray(row * stride, (row + 1) * stride),
      );
      this.#row++;
      if (
        this.#row % tileSize === 0 || this.#row === this.#options.height
      ) await this.#level.store();
    }
  }

  /**
   * Writes the directories and completes the file.
   *
   * @throws {RangeError} If rows are missing.
   */
  async close(): Promise<void> {
    const { height } = this.#options;
    if (this.#row !== height) {
      throw cannot("close a TIFF", `${height} rows are needed`, {
        received: this.#row,
        kind: RangeError,
      });
    }
    if (this.#position % 2 === 1) await this.#write(new Uint8Array(1)); // Tables begin on a word boundary.
    const levels: TiffLevel[] = [];
    for (let at: TiffLevel | undefined = this.#level; at; at = at.next) {
      levels.push(at);
    }
    const { bytes, first } = encodeTiffDirectories({
      ...this.#options,
      levels,
      big: this.#big,
      software: SOFTWARE,
    }, this.#position);
    await this.#write(bytes);
    if (!this.#big && this.#position > 2 ** 32) {
      throw cannot(
        "close a TIFF",
        `a classic TIFF is limited to 4 GB, and it has ${this.#position} bytes; write a BigTIFF`,
        { kind: RangeError },
      );
    }
    await this.#file.seek(0, 0);
    await this.#write(encodeTiffHeader(this.#big, first));
    await this.#owned?.close();
  }

  /** Aborts: the file of a path is removed; a file of the caller is left as it is. */
  async abort(): Promise<void> {
    await this.#owned?.abort();
  }

  /** Aborts unless already closed. */
  [Symbol.asyncDispose](): Promise<void> {
    return this.abort();
  }

  async #store(
    tile: Uint8Array<ArrayBuffer>,
    value: number | undefined,
  ): Promise<{ offset: number; byteCount: number }> {
    const known = value === undefined ? undefined : this.#uniform.get(value);
    if (known) return known;
    const offset = this.#position;
    for (const part of await deflate(tile)) await this.#write(part);
    const stored = { offset, byteCount: this.#position - offset };
    if (value !== undefined) this.#uniform.set(value, stored);
    return stored;
  }

  async #write(data: Uint8Array): Promise<void> {
    for (let done = 0; done < data.length;) {
      done += await this.#file.write(data.subarray(done));
    }
    this.#position += data.length;
  }
}

/**
 * Starts a tiled TIFF that is written row by row, so that memory holds one row of tiles, regardless of the image's height.
 * Tiles are zlib streams (compression 8, Adobe deflate); tiles with the same single value share one. With `pyramid`,
 * smaller levels are also written, where OpenSlide, Bio-Formats, QuPath and tifffile look for them.
 *
 * With a path, it writes a temporary file beside it, which `close()` renames.
 *
 * Source: TIFF 6.0 (Adobe, 1992) and its Technical Note 2.
 *
 * @param target A path (Deno only), or an open, empty file that the caller closes.
 * @throws {RangeError} If a size is not a positive integer, or `tileSize` not a multiple of 16.
 * @throws {Error} If the path cannot be written.
 *
 * @example
 * ```ts
 * import { createTiffWriter } from "@tilewise/tilewise/masks";
 *
 * const path = await Deno.makeTempFile({ suffix: ".tif" });
 * const writer = await createTiffWriter(path, { width: 64, height: 32, samples: 3, mpp: { x: 0.5, y: 0.5 } });
 * await writer.writeRows(0, 32, new Uint8Array(64 * 32 * 3).fill(255));
 * await writer.close();
 * await Deno.remove(path);
 * ```
 *
 * @category TIFF
 */
export async function createTiffWriter(
  target: string | TiffFile,
  options: TiffWriterOptions,
): Promise<TiffWriter> {
  expectSize("write a TIFF", options);
  const { samples, tileSize = usualTileSize(options), mpp } = options;
  if (samples !== 1 && samples !== 3) {
    throw cannot("write a TIFF", "samples must be 1 or 3", {
      received: samples,
      kind: RangeError,
    });
  }
  if (
    !Number.isInteger(tileSize) || tileSize < 16 || tileSize % 16 !== 0 ||
    tileSize > 32768
  ) {
    throw cannot(
      "write a TIFF",
      "tileSize must be a multiple of 16, at most 32768",
      { received: tileSize, kind: RangeError },
    );
  }
  if (mpp && !(mpp.x > 0 && mpp.y > 0 && mpp.x < 1e9 && mpp.y < 1e9)) {
    throw cannot("write a TIFF", "mpp must be positive and below 1e9", {
      received: [mpp.x, mpp.y],
      kind: RangeError,
    });
  }
  const owned = typeof target === "string"
    ? await AtomicFile.create(target)
    : undefined;
  const writer = new TiffWriter(owned ?? (target as TiffFile), options, owned);
  try {
    await writer.start();
  } catch (error) {
    await writer.abort();
    throw error;
  }
  return writer;
}

/** At most 512, and no larger than the image if possible: libtiff 4.5 misreads images smaller than their tiles. */
function usualTileSize(
  { width, height }: { readonly width: number; readonly height: number },
): number {
  const side = Math.min(512, width, height);
  return Math.max(16, side - side % 16);
}

/** One zlib stream, in parts. */
async function deflate(data: Uint8Array<ArrayBuffer>): Promise<Uint8Array[]> {
  const stream = new CompressionStream("deflate");
  const writer = stream.writable.getWriter();
  const written = writer.write(data).then(() => writer.close());
  const parts: Uint8Array[] = [];
  for await (const part of stream.readable) parts.push(part);
  await written;
  return parts;
}
