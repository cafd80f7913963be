import type { MaskBand } from "./mask_band.ts";
import type { TileMask } from "./tile_mask.ts";
import { expectSize } from "./expect_size.ts";

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
 * row of tiles. `probability` is on those bands of which a tile has it; zero where no tile is.
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
      const bottom = Math.min(height, tile.y + tile.size * tile.downsample);
      if (top < y || bottom <= top || (row && tile.row < row.index)) {
        throw new RangeError(
          `Cannot stitch tiles as they must come row by row from row ${y} to ${height}: received rows ${tile.y} to ${
            tile.y + tile.size * tile.downsample
          }`,
        );
      }
      yield* gap(y, top, width);
      y = top;
      row = {
        index: tile.row,
        y: tile.y,
        band: emptyBand(top, bottom - top, width),
      };
    } else if (tile.y !== row.y) {
      throw new RangeError(
        `Cannot stitch tiles as one row's must share their top ${row.y}: received ${tile.y}`,
      );
    }
    if (prediction.probability && !row.band.probability) {
      row.band = {
        ...row.band,
        probability: new Float32Array(row.band.mask.length),
      };
    }
    paste(prediction, row.band);
  }
  signal?.throwIfAborted();
  if (row) {
    yield row.band;
    y += row.band.height;
  }
  yield* gap(y, height, width);
}

function expectMask({ tile, mask, probability }: TileMask): void {
  const side = tile.size * tile.downsample;
  for (const values of [mask, probability]) {
    if (values && values.length !== side * side) {
      throw new RangeError(
        `Cannot stitch tile ${tile.index} as ${side} × ${side} pixels are needed: received ${values.length}`,
      );
    }
  }
}

function emptyBand(y: number, height: number, width: number): MaskBand {
  return { y, width, height, mask: new Uint8Array(width * height) };
}

function* gap(top: number, bottom: number, width: number): Generator<MaskBand> {
  for (let y = top; y < bottom; y += GAP_ROWS) {
    yield emptyBand(y, Math.min(GAP_ROWS, bottom - y), width);
  }
}

/** Copies a tile's part that lies on the band. */
function paste({ tile, mask, probability }: TileMask, band: MaskBand): void {
  const side = tile.size * tile.downsample;
  const left = Math.max(0, tile.x);
  const right = Math.min(band.width, tile.x + side);
  if (right <= left) return;
  for (let row = 0; row < band.height; row++) {
    const from = (band.y + row - tile.y) * side + left - tile.x;
    const to = row * band.width + left;
    band.mask.set(mask.subarray(from, from + right - left), to);
    if (probability) {
      band.probability?.set(
        probability.subarray(from, from + right - left),
        to,
      );
    }
  }
}
