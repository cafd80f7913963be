import type { MaskClass } from "../io/classes.ts";
import type { MaskBand, MaskSink } from "./mask_band.ts";
import { stitchBands, type TileMask } from "./stitch/stitch_bands.ts";
import { TiffSink } from "./tiff/tiff_sink.ts";

/**
 * Options for {@linkcode writeBands}.
 *
 * @category Masks
 */
export interface WriteBandsOptions {
  /** Stops early, with the signal's reason; no file is left. */
  readonly signal?: AbortSignal;
}

/**
 * Options for {@linkcode writeMask}.
 *
 * @category Masks
 */
export interface WriteMaskOptions extends WriteBandsOptions {
  /** The classes of the model, if there are several: `model.classes`. Default: one. */
  readonly classes?: readonly MaskClass[];
}

/**
 * Sends the bands of a mask to all sinks in one pass, and closes the sinks at the end. On an error, the source is closed
 * and every open sink is aborted, so that no partial file is left.
 *
 * @param bands The mask from top to bottom, for example from {@linkcode stitchBands}.
 * @throws What a sink or the source throws, or the signal's reason.
 *
 * @example
 * ```ts
 * import { RleEncoder } from "@tilewise/tilewise/masks";
 * import { writeBands } from "@tilewise/tilewise";
 *
 * const encoder = new RleEncoder({ width: 2, height: 2 });
 * async function* bands() {
 *   yield { y: 0, width: 2, height: 2, mask: new Uint8Array([1, 0, 1, 0]) };
 * }
 * await writeBands(bands(), [encoder]);
 * console.log([...encoder.text()].join("")); // "1 2"
 * ```
 *
 * @category Masks
 */
export async function writeBands(
  bands: AsyncIterable<MaskBand>,
  sinks: readonly MaskSink[],
  options: WriteBandsOptions = {},
): Promise<void> {
  const { signal } = options;
  try {
    signal?.throwIfAborted();
    for (const sink of sinks) await sink.open?.();
    for await (const band of bands) {
      signal?.throwIfAborted();
      for (const sink of sinks) await sink.write(band);
    }
    signal?.throwIfAborted();
    for (const sink of sinks) await sink.close();
  } catch (error) {
    // A sink that fails to clean up must not prevent the others from doing so, or hide the first error.
    await Promise.allSettled(sinks.map(async (sink) => await sink.abort()));
    throw error;
  }
}

/**
 * Writes the masks of a slide's tiles as one tiled TIFF of the slide's size: 0 is background, 255 foreground; or with several
 * `classes`, their numbers, in a palette of their colors. Memory holds one row of tiles. The file is written atomically: an error or an abort leaves nothing. Deno only.
 *
 * @param path The file to write.
 * @param slide The slide, or its size in level-0 pixels and its scale in micrometers per pixel.
 * @param predictions Masks of its tiles in row-major order, for example from `predictTiles`.
 * @throws {RangeError} If sizes do not match or the tiles are out of order.
 * @throws {Error} If the file cannot be written.
 *
 * @example
 * ```ts
 * import { writeMask } from "@tilewise/tilewise";
 *
 * const tile = { index: 0, column: 0, row: 0, x: 0, y: 0, size: 64, expansion: 0, downsample: 1 };
 * async function* predictions() {
 *   yield { tile, mask: new Uint8Array(64 * 64).fill(1) };
 * }
 * const path = await Deno.makeTempFile({ suffix: ".tif" });
 * await writeMask(path, { width: 60, height: 64 }, predictions());
 * await Deno.remove(path);
 * ```
 *
 * @category Masks
 */
export async function writeMask(
  path: string,
  slide: {
    readonly width: number;
    readonly height: number;
    readonly mpp?: { readonly x: number; readonly y: number };
  },
  predictions: AsyncIterable<TileMask>,
  options: WriteMaskOptions = {},
): Promise<void> {
  const { width, height, mpp } = slide;
  const { classes } = options;
  const bands = stitchBands(predictions, { width, height, ...options });
  await writeBands(
    bands,
    [new TiffSink(path, { width, height, mpp, classes })],
    options,
  );
}
