import { stitchBands, type TileMask } from "./stitch/stitch_bands.ts";
import { TiffSink } from "./tiff/tiff_sink.ts";
import { writeBands, type WriteBandsOptions } from "./write_bands.ts";

/**
 * Writes the masks of a slide's tiles as one tiled TIFF of the slide's size: 0 is background, 255 foreground. Memory
 * holds one row of tiles. The file gets its name once it is complete; on an error or an abort nothing is left. Deno
 * only.
 *
 * @param path Where to.
 * @param slide The slide, or its size in level-0 pixels and its scale in micrometers per pixel.
 * @param predictions Masks of its tiles in row-major order, for example from `predictTiles`.
 * @throws {RangeError} If sizes or the tiles' order do not fit.
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
 */
export async function writeMask(
  path: string,
  slide: {
    readonly width: number;
    readonly height: number;
    readonly mpp?: { readonly x: number; readonly y: number };
  },
  predictions: AsyncIterable<TileMask>,
  options: WriteBandsOptions = {},
): Promise<void> {
  const { width, height, mpp } = slide;
  const bands = stitchBands(predictions, { width, height, ...options });
  await writeBands(
    bands,
    [new TiffSink(path, { width, height, mpp })],
    options,
  );
}
