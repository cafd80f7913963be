import type { MaskBand, MaskSink } from "../mask_band.ts";
import { AtomicFile } from "../../io/atomic_file.ts";
import type { MaskClass } from "../../io/classes.ts";
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
  /** The classes, if there are several: a line for each, whose id is `ID_CLASS`. Default: one. */
  readonly classes?: readonly MaskClass[];
}

/**
 * Writes a mask as a CSV of two lines, `id,predicted` and the slide's run-length encoding; or of several classes, `id_class`,
 * and a line for each. Deno only.
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
  readonly #head: string;
  /** An encoder for each line, by its id. */
  readonly #encoders: ReadonlyMap<string, RleEncoder>;
  #file: AtomicFile | undefined;

  /**
   * Makes a sink; {@linkcode RleSink.open} opens the file.
   *
   * @param path The file, usually `NAME.rle.csv`.
   */
  constructor(path: string, options: RleSinkOptions) {
    this.#path = path;
    const { id, width, height, classes = [] } = options;
    const several = classes.length > 1;
    this.#head = several ? "id_class,predicted\n" : "id,predicted\n";
    this.#encoders = new Map(
      several
        ? classes.map(({ name }, i) => [
          `${id}_${name}`,
          new RleEncoder({ width, height, class: i + 1 }),
        ])
        : [[id, new RleEncoder({ width, height })]],
    );
  }

  /** Opens the file. */
  async open(): Promise<void> {
    this.#file = await AtomicFile.create(this.#path);
  }

  /** Takes the next band. */
  write(band: MaskBand): void {
    for (const encoder of this.#encoders.values()) encoder.write(band);
  }

  /** Writes the lines and completes the file. */
  async close(): Promise<void> {
    for (const encoder of this.#encoders.values()) await encoder.close();
    if (!this.#file) await this.open();
    const file = this.#file!;
    const utf8 = new TextEncoder();
    await file.write(utf8.encode(this.#head));
    for (const [id, encoder] of this.#encoders) {
      await file.write(utf8.encode(`${csvField(id)},`));
      for (const piece of encoder.text()) await file.write(utf8.encode(piece));
      await file.write(utf8.encode("\n"));
    }
    await file.close();
  }

  /** Removes what was written. */
  async abort(): Promise<void> {
    for (const encoder of this.#encoders.values()) await encoder.abort();
    await this.#file?.abort();
  }
}
