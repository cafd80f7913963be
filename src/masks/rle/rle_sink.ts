import type { MaskBand, MaskSink } from "../mask_band.ts";
import { AtomicFile } from "../../io/atomic_file.ts";
import { csvField } from "../../io/csv.ts";
import { RleEncoder } from "./rle_encoder.ts";

/**
 * Options for {@linkcode RleSink}.
 *
 * @category Sinks
 */
export interface RleSinkOptions {
  /** The slide's name in the CSV. */
  readonly id: string;
  /** The slide's width in pixels. */
  readonly width: number;
  /** The slide's height in pixels. */
  readonly height: number;
}

/**
 * Writes a mask as a CSV of two lines, `id,predicted` and the slide's run-length encoding. Deno only.
 *
 * @example
 * ```ts
 * import { RleSink, writeBands } from "@tilewise/tilewise";
 *
 * async function* bands() {
 *   yield { y: 0, width: 2, height: 1, mask: new Uint8Array([0, 1]) };
 * }
 * const path = await Deno.makeTempFile({ suffix: ".rle.csv" });
 * await writeBands(bands(), [new RleSink(path, { id: "kidney", width: 2, height: 1 })]);
 * await Deno.remove(path);
 * ```
 *
 * @category Sinks
 */
export class RleSink implements MaskSink {
  readonly #path: string;
  readonly #id: string;
  readonly #encoder: RleEncoder;
  #file: AtomicFile | undefined;

  /**
   * Makes a sink; {@linkcode RleSink.open} opens the file.
   *
   * @param path The file, usually `NAME.rle.csv`.
   */
  constructor(path: string, options: RleSinkOptions) {
    this.#path = path;
    this.#id = options.id;
    this.#encoder = new RleEncoder(options);
  }

  /** Opens the file. */
  async open(): Promise<void> {
    this.#file = await AtomicFile.create(this.#path);
  }

  /** Takes the next band. */
  write(band: MaskBand): void {
    this.#encoder.write(band);
  }

  /** Writes the line and completes the file. */
  async close(): Promise<void> {
    await this.#encoder.close();
    if (!this.#file) await this.open();
    const file = this.#file!;
    const encoder = new TextEncoder();
    await file.write(encoder.encode(`id,predicted\n${csvField(this.#id)},`));
    for (const piece of this.#encoder.text()) {
      await file.write(encoder.encode(piece));
    }
    await file.write(encoder.encode("\n"));
    await file.close();
  }

  /** Removes what was written. */
  async abort(): Promise<void> {
    await this.#encoder.abort();
    await this.#file?.abort();
  }
}
