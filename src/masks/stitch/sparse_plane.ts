/** Side of a block in pixels. */
const SIDE = 256;

/** A rectangle of an array, and its place on a plane. */
export interface PlanePart {
  /** Bytes from one row of the array to the next. */
  readonly stride: number;
  /** The part's upper left pixel in the array. */
  readonly from: { readonly x: number; readonly y: number };
  /** Its position on the plane. */
  readonly to: { readonly x: number; readonly y: number };
  readonly width: number;
  readonly height: number;
}

/**
 * A plane of bytes that takes memory only where it is not zero, in blocks of 256 × 256: a row of tiles is as wide as the
 * slide, but objects cover little of it. Blocks are reused.
 */
export class SparsePlane {
  readonly #columns: number;
  readonly #width: number;
  readonly #free: Uint8Array[] = [];
  #blocks: (Uint8Array | undefined)[] = [];

  /** Makes an empty plane. */
  constructor(width: number) {
    this.#width = width;
    this.#columns = Math.ceil(width / SIDE);
  }

  /** Sets all to zero. */
  clear(): void {
    for (const block of this.#blocks) if (block) this.#free.push(block);
    this.#blocks = [];
  }

  /** Copies a part of an array to the plane, over zeros; with `within`, only to the blocks that exist in that plane. */
  paste(values: Uint8Array, part: PlanePart, within?: SparsePlane): void {
    const { to: { x, y }, width, height } = part;
    for (let top = y; top < y + height; top = nextEdge(top)) {
      const rows = Math.min(y + height, nextEdge(top)) - top;
      for (let left = x; left < x + width; left = nextEdge(left)) {
        const columns = Math.min(x + width, nextEdge(left)) - left;
        if (within && !within.#blocks[this.#index(left, top)]) continue;
        this.#pasteBlock(values, {
          stride: part.stride,
          from: { x: part.from.x + left - x, y: part.from.y + top - y },
          to: { x: left, y: top },
          width: columns,
          height: rows,
        });
      }
    }
  }

  /** Copies rows of the plane. */
  read(y: number, rows: Uint8Array): void {
    const width = this.#width;
    rows.fill(0);
    for (let row = 0; row * width < rows.length; row++) {
      const first = Math.floor((y + row) / SIDE) * this.#columns;
      const line = (y + row) % SIDE * SIDE;
      for (let column = 0; column < this.#columns; column++) {
        const block = this.#blocks[first + column];
        if (!block) continue;
        const left = column * SIDE, count = Math.min(SIDE, width - left);
        rows.set(block.subarray(line, line + count), row * width + left);
      }
    }
  }

  #index(x: number, y: number): number {
    return Math.floor(y / SIDE) * this.#columns + Math.floor(x / SIDE);
  }

  /** Copies a part that is within one block. */
  #pasteBlock(values: Uint8Array, part: PlanePart): void {
    if (isZero(values, part)) return;
    const { stride, from, to, width, height } = part;
    const index = this.#index(to.x, to.y);
    const block = this.#blocks[index] ??= this.#free.pop()?.fill(0) ??
      new Uint8Array(SIDE * SIDE);
    for (let row = 0; row < height; row++) {
      const at = (from.y + row) * stride + from.x;
      block.set(
        values.subarray(at, at + width),
        (to.y + row) % SIDE * SIDE + to.x % SIDE,
      );
    }
  }
}

const nextEdge = (at: number): number => (Math.floor(at / SIDE) + 1) * SIDE;

function isZero(values: Uint8Array, part: PlanePart): boolean {
  const { stride, from, width, height } = part;
  const shift = values.byteOffset & 3;
  const words = new Uint32Array(
    values.buffer,
    values.byteOffset - shift,
    (shift + values.length) >>> 2,
  );
  for (let row = 0; row < height; row++) {
    let at = (from.y + row) * stride + from.x;
    const end = at + width;
    while (at < end && ((at + shift) & 3) !== 0) if (values[at++]) return false;
    const last = (end + shift) >>> 2;
    let index = (at + shift) >>> 2;
    for (; index < last; index++) if (words[index]) return false;
    for (at = Math.max(at, index * 4 - shift); at < end; at++) {
      if (values[at]) return false;
    }
  }
  return true;
}
