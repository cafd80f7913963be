import { tileSpan } from "../tiles/tile_span.ts";
import type { MaskBand } from "./mask_band.ts";
import { SparsePlane } from "./sparse_plane.ts";
import type { TileMask } from "./tile_mask.ts";

/** Rows and bytes of a band at most; it has one row at least. */
const ROWS = 256, BYTES = 2 ** 20;

/** The tiles of one row of the grid, put together; it is used again for the next row. */
export class TileRow {
  readonly #width: number;
  readonly #mask: SparsePlane;
  readonly #probability: SparsePlane;
  /** Where probabilities are kept, if not everywhere. */
  readonly #within: SparsePlane | undefined;
  /** Rows of a band. */
  readonly #rows: number;
  /** The arrays that all bands share. */
  readonly #maskRows: Uint8Array;
  #probabilityRows: Uint8Array | undefined;
  #hasProbability = false;
  #bytes = new Uint8Array(0);
  #top = 0;
  #bottom = 0;

  /** Makes a row for a slide of some width and height. */
  constructor(
    { width, height, probability }: {
      readonly width: number;
      readonly height: number;
      readonly probability?: "everywhere" | "objects";
    },
  ) {
    this.#width = width;
    this.#mask = new SparsePlane(width);
    this.#within = probability === "objects" ? this.#mask : undefined;
    this.#probability = new SparsePlane(width);
    this.#rows = Math.max(1, Math.min(ROWS, height, Math.floor(BYTES / width)));
    this.#maskRows = new Uint8Array(width * this.#rows);
  }

  /** Starts anew, with rows `top` to `bottom` of the slide. */
  begin(top: number, bottom: number): void {
    this.#mask.clear();
    this.#probability.clear();
    this.#hasProbability = false;
    this.#top = top;
    this.#bottom = bottom;
  }

  /** Puts a tile's part that lies on the slide into the row. */
  add({ tile, mask, probability, probability8 }: TileMask): void {
    const side = tileSpan(tile);
    const left = Math.max(0, tile.x);
    const right = Math.min(this.#width, tile.x + side);
    if (probability || probability8) this.#hasProbability = true;
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
  }

  /** The row in bands, from top to bottom. */
  *bands(): Generator<MaskBand> {
    const width = this.#width;
    for (let y = this.#top; y < this.#bottom; y += this.#rows) {
      const height = Math.min(this.#rows, this.#bottom - y);
      const mask = this.#maskRows.subarray(0, width * height);
      this.#mask.read(y - this.#top, mask);
      const band = { y, width, height, mask };
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
