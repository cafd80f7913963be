import type { MaskBand } from "./mask_band.ts";
import type { MaskSink } from "./mask_sink.ts";
import { expectBand } from "./expect_band.ts";
import { createTiffWriter, type TiffWriter } from "./tiff_writer.ts";

/** The image that a {@linkcode TiffSink} writes. */
export interface TiffSinkOptions {
  /** The slide's width in pixels. */
  readonly width: number;
  /** The slide's height in pixels. */
  readonly height: number;
  /** Micrometres per pixel, where known. */
  readonly mpp?: { readonly x: number; readonly y: number };
  /** Side of the file's tiles in pixels, a multiple of 16; 512 without it. */
  readonly tileSize?: number;
}

/** Rows that are turned from 0 and 1 to 0 and 255 at a time. */
const ROWS = 256;

/**
 * Writes a mask as a tiled, deflated 8-bit TIFF of the slide's size: 0 is background, 255 foreground. Deno only.
 *
 * @example
 * ```ts
 * import { TiffSink, writeBands } from "@tilewise/tilewise";
 *
 * async function* bands() {
 *   yield { y: 0, width: 2, height: 1, mask: new Uint8Array([0, 1]) };
 * }
 * const path = await Deno.makeTempFile({ suffix: ".mask.tif" });
 * await writeBands(bands(), [new TiffSink(path, { width: 2, height: 1 })]);
 * await Deno.remove(path);
 * ```
 */
export class TiffSink implements MaskSink {
  readonly #path: string;
  readonly #options: TiffSinkOptions;
  #writer: TiffWriter | undefined;
  #y = 0;

  /**
   * Makes a sink; {@linkcode TiffSink.open} opens the file.
   *
   * @param path Where to; `NAME.mask.tif` by habit.
   */
  constructor(path: string, options: TiffSinkOptions) {
    this.#path = path;
    this.#options = options;
  }

  /** Opens the file. */
  async open(): Promise<void> {
    this.#writer = await createTiffWriter(this.#path, {
      ...this.#options,
      samples: 1,
      description: "Segmentation mask: 0 background, 255 foreground",
    });
  }

  /** Writes the next band. */
  async write(band: MaskBand): Promise<void> {
    expectBand(band, { width: this.#options.width, y: this.#y });
    if (!this.#writer) await this.open();
    for (let row = 0; row < band.height; row += ROWS) {
      const rows = Math.min(ROWS, band.height - row);
      const shown = band.mask.slice(
        row * band.width,
        (row + rows) * band.width,
      );
      for (let i = 0; i < shown.length; i++) {
        shown[i] = shown[i] === 0 ? 0 : 255;
      }
      await this.#writer!.writeRows(band.y + row, rows, shown);
      this.#y += rows;
    }
  }

  /** Writes the directory and names the file. */
  async close(): Promise<void> {
    if (!this.#writer) await this.open();
    await this.#writer!.close();
  }

  /** Removes what was written. */
  async abort(): Promise<void> {
    await this.#writer?.abort();
  }
}
