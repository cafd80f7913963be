/** Options that all levels of a file share. */
export interface TiffLevelOptions {
  /** Side of a tile in pixels. */
  readonly tileSize: number;
  /** Bytes per pixel. */
  readonly samples: number;
  /** How four pixels become one of the next level. Default: there is no next level. */
  readonly pyramid?: HalvingRule;
  /** Compresses and writes a tile; `value` is the value of all its bytes if they are equal. Resolves to its place in the file. */
  readonly store: (
    tile: Uint8Array<ArrayBuffer>,
    value: number | undefined,
  ) => Promise<{ readonly offset: number; readonly byteCount: number }>;
}

/**
 * One level of a tiled image that is written from top to bottom. It holds one row of tiles; a full row is stored and reduced
 * into the next level's row.
 */
export class TiffLevel {
  readonly width: number;
  readonly height: number;
  /** Byte offset of each stored tile, row by row. */
  readonly offsets: number[] = [];
  /** Compressed bytes of each. */
  readonly byteCounts: number[] = [];
  /** The level of half the size, unless that is smaller than a tile. */
  readonly next: TiffLevel | undefined;
  /** One row of tiles, filled from the top; tiles that are all zero so far, as most of a mask is, take no memory. */
  readonly #tiles: (Uint8Array<ArrayBuffer> | undefined)[];
  /** Arrays of zeros to reuse. */
  readonly #free: Uint8Array<ArrayBuffer>[] = [];
  readonly #options: TiffLevelOptions;
  /** Rows of tiles stored so far. */
  #stored = 0;

  constructor(
    size: { readonly width: number; readonly height: number },
    options: TiffLevelOptions,
  ) {
    const { width, height } = size;
    const { tileSize, pyramid } = options;
    this.width = width;
    this.height = height;
    this.#options = options;
    this.#tiles = new Array(Math.ceil(width / tileSize));
    // Rounded up, so that no row or column is lost; a reader that divides the sizes is off by less than a pixel.
    const half = { width: Math.ceil(width / 2), height: Math.ceil(height / 2) };
    // libtiff 4.5, and so OpenSlide, misreads a level smaller than a tile.
    if (pyramid && Math.min(half.width, half.height) >= tileSize) {
      this.next = new TiffLevel(half, options);
    }
  }

  /** Copies one row of pixels to the row of tiles. */
  setRow(y: number, pixels: Uint8Array): void {
    const { tileSize, samples } = this.#options;
    const stride = tileSize * samples;
    const to = (y % tileSize) * stride;
    for (let column = 0, from = 0; column < this.#tiles.length; column++) {
      const part = pixels.subarray(from, from += stride);
      if (this.#tiles[column] || !isZero(part)) {
        this.#tile(column).set(part, to);
      }
    }
  }

  /** Stores the row of tiles, and the next level's row if that is complete. */
  async store(): Promise<void> {
    const { tileSize, samples, pyramid } = this.#options;
    const row = this.#stored++;
    const used = Math.min(tileSize, this.height - row * tileSize);
    for (let column = 0; column < this.#tiles.length; column++) {
      const tile = this.#tile(column);
      const columns = Math.min(tileSize, this.width - column * tileSize);
      if (pyramid) this.#repeatEdge(tile, columns, used);
      const value = uniformValue(tile);
      const { offset, byteCount } = await this.#options.store(tile, value);
      this.offsets.push(offset);
      this.byteCounts.push(byteCount);
      if (this.next && pyramid && value !== 0) {
        const to = this.next.#tile(column >>> 1);
        const right = column % 2 === 1, lower = row % 2 === 1;
        const quarter = { tileSize, samples, right, lower };
        if (value === undefined) {
          halveTile(tile, to, { ...quarter, rule: pyramid });
        } else {
          fillQuarter(to, value, quarter);
        }
      }
      this.#tiles[column] = undefined;
      this.#free.push(value === 0 ? tile : tile.fill(0));
    }
    const last = (row + 1) * tileSize >= this.height;
    if (this.next && (last || row % 2 === 1)) await this.next.store();
  }

  /** A tile to write to. */
  #tile(column: number): Uint8Array<ArrayBuffer> {
    const { tileSize, samples } = this.#options;
    return this.#tiles[column] ??= this.#free.pop() ??
      new Uint8Array(tileSize * tileSize * samples);
  }

  /** Repeats the image's last column or row if their count is odd, so that means contain only the image. */
  #repeatEdge(tile: Uint8Array, columns: number, rows: number): void {
    const { tileSize, samples } = this.#options;
    const stride = tileSize * samples;
    if (columns % 2 === 1) {
      for (let y = 0; y < rows; y++) {
        const end = y * stride + columns * samples;
        tile.copyWithin(end, end - samples, end);
      }
    }
    if (rows % 2 === 1) {
      tile.copyWithin(rows * stride, (rows - 1) * stride, rows * stride);
    }
  }
}

function isZero(bytes: Uint8Array): boolean {
  for (let i = 0; i < bytes.length; i++) if (bytes[i] !== 0) return false;
  return true;
}

/** The value of all bytes, if they are equal. */
function uniformValue(tile: Uint8Array<ArrayBuffer>): number | undefined {
  const words = new Uint32Array(tile.buffer);
  const word = Math.imul(tile[0], 0x01010101) >>> 0;
  for (let i = 0; i < words.length; i++) {
    if (words[i] !== word) return undefined;
  }
  return tile[0];
}

/** How four pixels become one: their maximum, their mean, or the class of most, so that no object vanishes. */
type HalvingRule = "max" | "mean" | "class";

/** A tile, and the quarter of the next level's tile that it becomes. */
interface HalveTileOptions {
  /** Side of both tiles in pixels. */
  readonly tileSize: number;
  /** Bytes per pixel. */
  readonly samples: number;
  /** Whether the quarter is a right one. */
  readonly right: boolean;
  /** Whether it is a lower one. */
  readonly lower: boolean;
  /** How four pixels become one. */
  readonly rule: HalvingRule;
}

/** Reduces a tile by two in each direction into a quarter of another; means are rounded half up. */
function halveTile(
  from: Uint8Array,
  to: Uint8Array,
  options: HalveTileOptions,
): void {
  const { tileSize, samples, right, lower, rule } = options;
  const stride = tileSize * samples;
  const half = tileSize / 2;
  const first = (lower ? half * stride : 0) + (right ? half * samples : 0);
  for (let y = 0; y < half; y++) {
    let a = y * 2 * stride; // The upper left of four.
    let at = first + y * stride;
    for (let x = 0; x < half; x++, a += samples) {
      for (let k = 0; k < samples; k++, a++, at++) {
        const b = a + samples, c = a + stride, d = b + stride;
        to[at] = rule === "max"
          ? Math.max(from[a], from[b], from[c], from[d])
          : rule === "class"
          ? mostOf(from[a], from[b], from[c], from[d])
          : (from[a] + from[b] + from[c] + from[d] + 2) >>> 2;
      }
    }
  }
}

/** Of four classes other than background, 0, the one that most pixels have; of several, the first. */
function mostOf(a: number, b: number, c: number, d: number): number {
  if (a === b && b === c && c === d) return a;
  const all = [a, b, c, d];
  let best = 0, most = 0;
  for (const one of all) {
    if (one === 0) continue;
    const count = all.filter((other) => other === one).length;
    if (count > most || count === most && one < best) {
      [best, most] = [one, count];
    }
  }
  return best;
}

/** Fills a quarter of a tile with one value, as `halveTile()` does with a tile of that value. */
function fillQuarter(
  to: Uint8Array,
  value: number,
  options: Omit<HalveTileOptions, "rule">,
): void {
  const { tileSize, samples, right, lower } = options;
  const stride = tileSize * samples;
  const first = (lower ? tileSize / 2 * stride : 0) + (right ? stride / 2 : 0);
  for (let y = 0, at = first; y < tileSize / 2; y++, at += stride) {
    to.fill(value, at, at + stride / 2);
  }
}
