import type { MaskBand } from "./mask_band.ts";
import type { TileMask } from "./tile_mask.ts";
import { expectSize } from "./expect_size.ts";
import { TileRow } from "./tile_row.ts";
import { tileSpan } from "../tiles/tile_span.ts";

/** Options for {@linkcode stitchBands}. */
export interface StitchBandsOptions {
  /** The slide's width in level-0 pixels. */
  readonly width: number;
  /** The slide's height in level-0 pixels. */
  readonly height: number;
  /**
   * Where bands have probabilities: everywhere, or only around the mask's objects, which takes less memory. Default:
   * `"everywhere"`.
   */
  readonly probability?: "everywhere" | "objects";
  /** Stops the stream early, with the signal's reason. */
  readonly signal?: AbortSignal;
}

/**
 * Joins the masks of tiles into bands as wide as the slide. Missing tiles (background) are zeros, and what is outside
 * the slide is cropped. Bands have at most 256 rows and are yielded when a tile of a later row, or the end, arrives, so
 * memory holds one row of tiles, and only what is not zero in it. Bands have `probability8` if one of their tiles has
 * probabilities; it is zero where no tile is.
 *
 * The bands share their arrays, so that memory does not grow: copy what you keep of a band before requesting the next
 * one.
 *
 * @param predictions Tile masks in row-major order; their arrays are read before the next one is requested.
 * @param options The slide's size.
 * @throws {RangeError} If a size is not a positive integer, a mask has another size than its tile, or the order is
 * broken.
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
  options: StitchBandsOptions,
): AsyncGenerator<MaskBand, void, undefined> {
  const { height, signal } = options;
  const tiles = new TileRow(options);
  let y = 0; // The next row to yield.
  let row:
    | { readonly index: number; readonly y: number; readonly bottom: number }
    | undefined;
  for await (const prediction of predictions) {
    signal?.throwIfAborted();
    const { tile } = prediction;
    expectMask(prediction);
    if (row?.index !== tile.row) {
      if (row) {
        yield* tiles.bands();
        y = row.bottom;
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
      yield* gap(tiles, y, top);
      y = top;
      tiles.begin(top, bottom);
      row = { index: tile.row, y: tile.y, bottom };
    } else if (tile.y !== row.y) {
      throw new RangeError(
        `Cannot stitch tiles as one row's must share their top ${row.y}: received ${tile.y}`,
      );
    }
    tiles.add(prediction);
  }
  signal?.throwIfAborted();
  if (row) {
    yield* tiles.bands();
    y = row.bottom;
  }
  yield* gap(tiles, y, height);
}

/** Bands that no tile touches. */
function* gap(
  tiles: TileRow,
  top: number,
  bottom: number,
): Generator<MaskBand> {
  tiles.begin(top, bottom);
  yield* tiles.bands();
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
