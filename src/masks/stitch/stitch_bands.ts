import { cannot } from "../../errors/cannot.ts";
import { type TilePosition, tileSpan } from "../../tiles/plan_tiles.ts";
import { expectSize, type MaskBand } from "../mask_band.ts";
import { SparsePlane } from "./sparse_plane.ts";

/**
 * Options for {@linkcode stitchBands}.
 *
 * @category Masks
 */
export interface StitchBandsOptions {
  /** The slide's width in level-0 pixels. */
  readonly width: number;
  /** The slide's height in level-0 pixels. */
  readonly height: number;
  /**
   * Where bands have probabilities: everywhere, or only around the mask's objects, which takes less memory.
   * Default: `"everywhere"`.
   */
  readonly probability?: "everywhere" | "objects";
  /** Stops the stream early, with the signal's reason. */
  readonly signal?: AbortSignal;
}

/**
 * Joins the masks of tiles into bands as wide as the slide. Missing tiles (background) are zeros; tiles are cropped to
 * the slide. Bands have at most 256 rows and are yielded at the first tile of the next row or at the end, so memory holds
 * one row of tiles, except empty areas. Bands have `probability8` if one of their tiles has
 * probabilities; it is zero where there is no tile. With probabilities of several classes, bands have those of each, everywhere.
 *
 * The bands share their arrays, so that memory does not grow: copy what you need from a band before requesting the next.
 *
 * @param predictions Tile masks in row-major order; their arrays are read before the next one is requested.
 * @param options The slide's size.
 * @throws {RangeError} If a size is not a positive integer, a mask and its tile differ in size, or tiles are out of order.
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
 *
 * @category Masks
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
        throw cannot(
          "stitch tiles",
          `they must come row by row, from row ${y} to ${height}, but one covers rows ${tile.y} to ${
            tile.y + tileSpan(tile)
          }`,
          { kind: RangeError },
        );
      }
      yield* gap(tiles, y, top);
      y = top;
      tiles.begin(top, bottom);
      row = { index: tile.row, y: tile.y, bottom };
    } else if (tile.y !== row.y) {
      throw cannot(
        "stitch tiles",
        `a row's tiles must share their top, ${row.y}`,
        {
          received: tile.y,
          kind: RangeError,
        },
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

/** Bands without tiles. */
function* gap(
  tiles: TileRow,
  top: number,
  bottom: number,
): Generator<MaskBand> {
  tiles.begin(top, bottom);
  yield* tiles.bands();
}

function expectMask(
  { tile, mask, probability, probability8, probabilities8 = [] }: TileMask,
): void {
  const side = tileSpan(tile);
  for (const values of [mask, probability, probability8, ...probabilities8]) {
    if (values && values.length !== side * side) {
      throw cannot(
        `stitch tile ${tile.index}`,
        `${side} × ${side} pixels are needed`,
        { received: values.length, kind: RangeError },
      );
    }
  }
}

/**
 * The mask of one tile's center, at the slide's resolution.
 *
 * @category Masks
 */
export interface TileMask {
  /** Where the tile lies. */
  readonly tile: TilePosition;
  /**
   * One byte per level-0 pixel of the center, row by row, `tileSpan(tile)` a side: the number of its class, from 1, or 0 for
   * background.
   */
  readonly mask: Uint8Array;
  /** Probability of the same pixels in 0..1, if requested; with several classes, the highest. */
  readonly probability?: Float32Array;
  /** The same as bytes, 0 to 255; it takes precedence. */
  readonly probability8?: Uint8Array;
  /** The same for each of several classes. */
  readonly probabilities8?: readonly Uint8Array[];
}

/** Maximum rows and bytes of a band, which has at least one row. */
const ROWS = 256, BYTES = 2 ** 20;

/** The tiles of one row of the grid; reused for the next row. */
class TileRow {
  readonly #width: number;
  readonly #mask: SparsePlane;
  readonly #probability: SparsePlane;
  /** One per class. */
  readonly #probabilities: SparsePlane[] = [];
  /** The plane whose blocks limit where probabilities are kept. Default: they are kept everywhere. */
  readonly #within: SparsePlane | undefined;
  readonly #rows: number;
  /** The arrays that all bands share. */
  readonly #maskRows: Uint8Array;
  #probabilityRows: Uint8Array | undefined;
  #classRows: readonly Uint8Array[] = [];
  #classes = 0;
  #hasProbability = false;
  #bytes = new Uint8Array(0);
  #top = 0;
  #bottom = 0;

  /** Makes an empty row. */
  constructor({ width, height, probability }: StitchBandsOptions) {
    this.#width = width;
    this.#mask = new SparsePlane(width);
    this.#within = probability === "objects" ? this.#mask : undefined;
    this.#probability = new SparsePlane(width);
    this.#rows = Math.max(1, Math.min(ROWS, height, Math.floor(BYTES / width)));
    this.#maskRows = new Uint8Array(width * this.#rows);
  }

  /** Starts again with rows `top` to `bottom` of the slide. */
  begin(top: number, bottom: number): void {
    this.#mask.clear();
    this.#probability.clear();
    for (const plane of this.#probabilities) plane.clear();
    this.#hasProbability = false;
    this.#classes = 0;
    this.#top = top;
    this.#bottom = bottom;
  }

  /** Adds the part of a tile that is on the slide. */
  add(
    { tile, mask, probability, probability8, probabilities8 = [] }: TileMask,
  ): void {
    const side = tileSpan(tile);
    const left = Math.max(0, tile.x);
    const right = Math.min(this.#width, tile.x + side);
    if (probability || probability8) this.#hasProbability = true;
    this.#classes = Math.max(this.#classes, probabilities8.length);
    if (right <= left) return;
    const part = {
      stride: side,
      from: { x: left - tile.x, y: this.#top - tile.y },
      to: { x: left, y: 0 },
      width: right - left,
      height: this.#bottom - this.#top,
    };
    this.#mask.paste(mask, part);
    const bytes = probability8 ?? (probability && this.#bytesOf(probability));
    if (bytes) this.#probability.paste(bytes, part, this.#within);
    for (const [k, plane] of probabilities8.entries()) {
      this.#probabilities[k] ??= new SparsePlane(this.#width);
      this.#probabilities[k].paste(plane, part);
    }
  }

  /** The row in bands, from top to bottom. */
  *bands(): Generator<MaskBand> {
    const width = this.#width;
    for (let y = this.#top; y < this.#bottom; y += this.#rows) {
      const height = Math.min(this.#rows, this.#bottom - y);
      const mask = this.#maskRows.subarray(0, width * height);
      this.#mask.read(y - this.#top, mask);
      const probabilities8 = this.#readClasses(y, mask.length);
      const band = {
        ...{ y, width, height, mask },
        ...(probabilities8 && { probabilities8 }),
      };
      if (!this.#hasProbability) {
        yield band;
        continue;
      }
      this.#probabilityRows ??= new Uint8Array(this.#maskRows.length);
      const probability8 = this.#probabilityRows.subarray(0, mask.length);
      this.#probability.read(y - this.#top, probability8);
      yield { ...band, probability8 };
    }
  }

  #readClasses(y: number, length: number): Uint8Array[] | undefined {
    if (this.#classes === 0) return undefined;
    if (this.#classRows.length < this.#classes) {
      this.#classRows = Array.from(
        { length: this.#classes },
        () => new Uint8Array(this.#maskRows.length),
      );
    }
    return this.#probabilities.slice(0, this.#classes).map((plane, k) => {
      const rows = this.#classRows[k].subarray(0, length);
      plane.read(y - this.#top, rows);
      return rows;
    });
  }

  #bytesOf(probability: Float32Array): Uint8Array {
    if (this.#bytes.length !== probability.length) {
      this.#bytes = new Uint8Array(probability.length);
    }
    for (let i = 0; i < probability.length; i++) {
      this.#bytes[i] = Math.round(probability[i] * 255);
    }
    return this.#bytes;
  }
}
