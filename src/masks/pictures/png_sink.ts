import type { MaskBand, MaskSink } from "../mask_band.ts";
import { colorsOf, type MaskClass } from "../../io/classes.ts";
import { AtomicFile } from "../../io/atomic_file.ts";
import { encodePng } from "../../io/encode_png.ts";
import { CoverageCanvas } from "./coverage_canvas.ts";
import { type Producer, producerText } from "../run_record.ts";

/**
 * Options for {@linkcode PngSink}.
 *
 * @category Sinks
 */
export interface PngSinkOptions {
  /** The slide's width in pixels. */
  readonly width: number;
  /** The slide's height in pixels. */
  readonly height: number;
  /** The longest side of the picture in pixels. Default: 2048. */
  readonly maxSide?: number;
  /** The classes, if there are several: the picture has their numbers and a palette of their colors. Default: one. */
  readonly classes?: readonly MaskClass[];
  /** The run: the PNG's text `Software`. Default: none. */
  readonly producer?: Producer;
}

/**
 * Writes a mask as a grayscale PNG preview, scaled down by the smallest integer that keeps its sides within `maxSide`
 * (default: 2048). A pixel's value is the fraction that the mask covers: 0 none, 255 all; of several classes, it is the number
 * of the one that covers most of it, from 1, in its color. Deno only.
 *
 * @example
 * ```ts
 * import { PngSink } from "@tilewise/tilewise/masks";
 * import { writeBands } from "@tilewise/tilewise";
 *
 * async function* bands() {
 *   yield { y: 0, width: 2, height: 1, mask: new Uint8Array([0, 1]) };
 * }
 * const path = await Deno.makeTempFile({ suffix: ".mask.png" });
 * await writeBands(bands(), [new PngSink(path, { width: 2, height: 1 })]);
 * await Deno.remove(path);
 * ```
 *
 * @category Sinks
 */
export class PngSink implements MaskSink {
  readonly #path: string;
  readonly #canvas: CoverageCanvas;
  readonly #producer: Producer | undefined;
  readonly #classes: readonly MaskClass[];
  #file: AtomicFile | undefined;

  /**
   * Makes a sink; {@linkcode PngSink.open} opens the file.
   *
   * @param path The file, usually `NAME.mask.png`.
   * @throws {RangeError} If a size is not a positive integer.
   */
  constructor(path: string, options: PngSinkOptions) {
    this.#path = path;
    this.#canvas = new CoverageCanvas(options);
    this.#producer = options.producer;
    this.#classes = options.classes ?? [];
  }

  /** Opens the file. */
  async open(): Promise<void> {
    this.#file = await AtomicFile.create(this.#path);
  }

  /** Takes the next band. */
  write(band: MaskBand): void {
    this.#canvas.write(band);
  }

  /** Writes the picture and completes the file. */
  async close(): Promise<void> {
    this.#canvas.close();
    if (!this.#file) await this.open();
    const { width, height } = this.#canvas;
    const labels = this.#canvas.classes?.labels;
    const data = labels ?? this.#canvas.values();
    const palette = labels && ["#000000", ...colorsOf(this.#classes)];
    const row = (y: number) => data.subarray(y * width, (y + 1) * width);
    const software = this.#producer && producerText(this.#producer);
    const size = { width, height, channels: 1 } as const;
    const picture = { ...size, row, software, palette };
    for await (const part of encodePng(picture)) await this.#file!.write(part);
    await this.#file!.close();
  }

  /** Removes what was written. */
  async abort(): Promise<void> {
    await this.#file?.abort();
  }
}
