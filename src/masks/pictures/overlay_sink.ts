import type { MaskBand, MaskSink } from "../mask_band.ts";
import type { Overview } from "./overview.ts";
import { AtomicFile } from "../../io/atomic_file.ts";
import { encodePng } from "../../io/encode_png.ts";
import { type Producer, producerText } from "../run_record.ts";

/**
 * Writes a slide's overview as an RGB PNG: the slide with its mask over it. The caller adds the tiles to the overview;
 * the sink adds the mask. Deno only.
 *
 * @example
 * ```ts
 * import { Overview, OverlaySink } from "@tilewise/tilewise/masks";
 * import { writeBands } from "@tilewise/tilewise";
 *
 * const overview = new Overview({ width: 2, height: 1 });
 * async function* bands() {
 *   yield { y: 0, width: 2, height: 1, mask: new Uint8Array([0, 1]) };
 * }
 * const path = await Deno.makeTempFile({ suffix: ".overlay.png" });
 * await writeBands(bands(), [new OverlaySink(path, { overview })]);
 * await Deno.remove(path);
 * ```
 *
 * @category Sinks
 */
export class OverlaySink implements MaskSink {
  readonly #path: string;
  readonly #overview: Overview;
  readonly #producer: Producer | undefined;
  #file: AtomicFile | undefined;

  /**
   * Makes a sink; {@linkcode OverlaySink.open} opens the file.
   *
   * @param path The file, usually `NAME.overlay.png`.
   */
  constructor(
    path: string,
    options: {
      readonly overview: Overview;
      /** The run: the PNG's text `Software`. Default: none. */
      readonly producer?: Producer;
    },
  ) {
    this.#path = path;
    this.#overview = options.overview;
    this.#producer = options.producer;
  }

  /** Opens the file. */
  async open(): Promise<void> {
    this.#file = await AtomicFile.create(this.#path);
  }

  /** Takes the next band. */
  write(band: MaskBand): void {
    this.#overview.write(band);
  }

  /** Writes the picture and completes the file. */
  async close(): Promise<void> {
    this.#overview.close();
    if (!this.#file) await this.open();
    const overview = this.#overview;
    const { width, height } = overview.picture();
    const row = (y: number) => overview.renderRow(y);
    const software = this.#producer && producerText(this.#producer);
    const picture = { width, height, channels: 3, row, software } as const;
    for await (const part of encodePng(picture)) {
      await this.#file!.write(part);
    }
    await this.#file!.close();
  }

  /** Removes what was written. */
  async abort(): Promise<void> {
    await this.#file?.abort();
  }
}
