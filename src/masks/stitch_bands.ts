import type { MaskBand } from "./mask_band.ts";
import type { TileMask } from "./tile_mask.ts";
import { expectSize } from "./expect_size.ts";
import { tileSpan } from "../tiles/tile_span.ts";

/** The slide that {@linkcode stitchBands} fills. */
export interface StitchBandsOptions {
  /** The slide's width in level-0 pixels. */
  readonly width: number;
  /** The slide's height in level-0 pixels. */
  readonly height: number;
  /** Ends the stream early, with the signal's reason. */
  readonly signal?: AbortSignal;
}

/** Rows of a band that no tile touches. */
const GAP_ROWS = 1024;

/**
 * Joins the masks of tiles into bands as wide as the slide. Tiles that are absent (background) are zeros, and what
 * overhangs the slide is cut off. A band is yielded once a tile of a later row, or the end, has come, so memory holds one
 * row of tiles. `probability8` is on those bands of which a tile has probabilities; zero where no tile is.
 *
 * The bands share their arrays, so that memory does not grow: what is to be kept of a band must be copied before the next
 * one is asked for.
 *
 * @param predictions Tile masks in row-major order; their arrays are read before the next one is asked for.
 * @param options The slide's size.
 * @throws {RangeError} If a size is not a positive integer, a mask has another size than its tile, or the order is broken.
 *
 * @example
 * ```ts
 * import { stitchBands } from "@tilewise/tilewise";
 *
 * const tile = { index: 0, column: 0, row: 0, x: -1, y: 0, size: 2, expansion: 0, downsample: 1 };
 * async function* predictions() {
 *   yield { tile, mask: new Uint8Array([1, 1, 0, 0]) };
 * }
 * for await (const band of stitchBands(predictions(), { width: 1, height: 2 })) {
 *   console.log(band.mask); // Uint8Array(2) [ 1, 0 ]
 * }
 * ```
 */
export function stitchBands(
  predictions: AsyncIterable<TileMask>,
  options: StitchBandsOptions,
): AsyncGenerator<MaskBand, void, undefined> {
  expectSize("stitch a mask", options);
  return bandsOf(predictions, options);
}

async function* bandsOf(
  predictions: AsyncIterable<TileMask>,
  { width, height, signal }: StitchBandsOptions,
): AsyncGenerator<MaskBand, void, undefined> {
  const arrays = new BandArrays();
  let y = 0; // The next row to yield.
  let row:
    | { readonly index: number; readonly y: number; band: MaskBand }
    | undefined;
  for await (const prediction of predictions) {
    signal?.throwIfAborted();
    const { tile } = prediction;
    expectMask(prediction);
    if (row?.index !== tile.row) {
      if (row) {
        yield row.band;
        y += row.band.height;
      }
      const top = Math.max(0, tile.y);
      const bottom = Math.min(height, tile.y + tileSpan(tile));
      if (top < y || bottom <= top || (row && tile.row < row.index)) {
        throw new RangeError(
          `Cannot stitch tiles as they must come row by row from row ${y} to ${height}: received rows ${tile.y} to ${
            tile.y + tileSpan(tile)
          }`,
        );
      }
      yield* gap(arrays, { top: y, bottom: top, width });
      y = top;
      row = {
        index: tile.row,
        y: tile.y,
        band: arrays.emptyBand(top, bottom - top, width),
      };
    } else if (tile.y !== row.y) {
      throw new RangeError(
        `Cannot stitch tiles as one row's must share their top ${row.y}: received ${tile.y}`,
      );
    }
    if (
      (prediction.probability || prediction.probability8) &&
      !row.band.probability8
    ) row.band = arrays.withProbability(row.band);
    paste(prediction, row.band);
  }
  signal?.throwIfAborted();
  if (row) {
    yield row.band;
    y += row.band.height;
  }
  yield* gap(arrays, { top: y, bottom: height, width });
}

function expectMask(
  { tile, mask, probability, probability8 }: TileMask,
): void {
  const side = tileSpan(tile);
  for (const values of [mask, probability, probability8]) {
    if (values && values.length !== side * side) {
      throw new RangeError(
        `Cannot stitch tile ${tile.index} as ${side} × ${side} pixels are needed: received ${values.length}`,
      );
    }
  }
}

/** The arrays that all bands share; they grow to the largest. */
class BandArrays {
  #mask: Uint8Array<ArrayBuffer> = new Uint8Array(0);
  #probability: Uint8Array<ArrayBuffer> = new Uint8Array(0);

  emptyBand(y: number, height: number, width: number): MaskBand {
    const size = width * height;
    if (this.#mask.length < size) this.#mask = new Uint8Array(size);
    const mask = this.#mask.subarray(0, size).fill(0);
    return { y, width, height, mask };
  }

  withProbability(band: MaskBand): MaskBand {
    const size = band.mask.length;
    if (this.#probability.length < size) {
      this.#probability = new Uint8Array(size);
    }
    return {
      ...band,
      probability8: this.#probability.subarray(0, size).fill(0),
    };
  }
}

function* gap(
  arrays: BandArrays,
  rows: {
    readonly top: number;
    readonly bottom: number;
    readonly width: number;
  },
): Generator<MaskBand> {
  const { top, bottom, width } = rows;
  for (let y = top; y < bottom; y += GAP_ROWS) {
    yield arrays.emptyBand(y, Math.min(GAP_ROWS, bottom - y), width);
  }
}

/** Copies a tile's part that lies on the band. */
function paste(
  { tile, mask, probability, probability8 }: TileMask,
  band: MaskBand,
): void {
  const side = tileSpan(tile);
  const left = Math.max(0, tile.x);
  const right = Math.min(band.width, tile.x + side);
  if (right <= left) return;
  const count = right - left;
  for (let row = 0; row < band.height; row++) {
    const from = (band.y + row - tile.y) * side + left - tile.x;
    const to = row * band.width + left;
    band.mask.set(mask.subarray(from, from + count), to);
    if (probability8) {
      band.probability8!.set(probability8.subarray(from, from + count), to);
    } else if (probability) {
      for (let i = 0; i < count; i++) {
        band.probability8![to + i] = Math.round(probability[from + i] * 255);
      }
    }
  }
}
