import { MAX_CZI_PILE } from "../../../io/limits.ts";
import { intersect } from "../../blocks.ts";
import type { Region } from "../../slide.ts";
import { damaged } from "./refuse.ts";

/** Finds the rectangles that meet a region: they are listed for each cell of a grid. */
export class BlockMap {
  readonly #cell: { readonly width: number; readonly height: number };
  readonly #across: number;
  readonly #down: number;
  /** Where the list of each cell begins in `#blocks`. */
  readonly #starts: Uint32Array;
  readonly #blocks: Uint32Array;

  /**
   * @param options.rectOf Where each of `count` rectangles lies.
   * @throws {SyntaxError} If too many lie over each other.
   */
  constructor(
    canvas: { readonly width: number; readonly height: number },
    { count, rectOf }: {
      readonly count: number;
      readonly rectOf: (block: number) => Region;
    },
  ) {
    let [width, height] = [0, 0];
    for (let block = 0; block < count; block++) {
      const rect = rectOf(block);
      width += rect.width / count;
      height += rect.height / count;
    }
    // Cells of the size of a block, and larger on a canvas that is nearly empty.
    const least = Math.sqrt(canvas.width * canvas.height / (4 * count));
    this.#cell = {
      width: Math.max(width, least),
      height: Math.max(height, least),
    };
    this.#across = Math.ceil(canvas.width / this.#cell.width);
    this.#down = Math.ceil(canvas.height / this.#cell.height);
    const cells = this.#across * this.#down;
    this.#starts = new Uint32Array(cells + 1);
    const covered = new Float64Array(cells);
    const area = this.#cell.width * this.#cell.height;
    for (let block = 0; block < count; block++) {
      const rect = rectOf(block);
      for (const cell of this.#cells(rect)) {
        this.#starts[cell + 1]++;
        const met = intersect(rect, this.#rectOf(cell));
        if (met) covered[cell] += met.width * met.height / area;
        if (covered[cell] > MAX_CZI_PILE) {
          throw damaged(
            `more than ${MAX_CZI_PILE} of its sub-blocks lie over each other`,
          );
        }
      }
    }
    for (let i = 0; i < cells; i++) this.#starts[i + 1] += this.#starts[i];
    const next = this.#starts.slice();
    this.#blocks = new Uint32Array(this.#starts[cells]);
    for (let block = 0; block < count; block++) {
      for (const cell of this.#cells(rectOf(block))) {
        this.#blocks[next[cell]++] = block;
      }
    }
  }

  /** The rectangles that may meet a region, each once. */
  in(region: Region): Set<number> {
    const found = new Set<number>();
    for (const cell of this.#cells(region)) {
      const [from, to] = [this.#starts[cell], this.#starts[cell + 1]];
      for (const block of this.#blocks.subarray(from, to)) found.add(block);
    }
    return found;
  }

  #rectOf(cell: number): Region {
    const { width, height } = this.#cell;
    const column = cell % this.#across;
    const row = (cell - column) / this.#across;
    return { x: column * width, y: row * height, width, height };
  }

  /** The cells that a rectangle meets; what lies beyond the canvas belongs to the outermost. */
  *#cells({ x, y, width, height }: Region): Generator<number> {
    const clamp = (at: number, cell: number, count: number) =>
      Math.max(0, Math.min(count - 1, Math.floor(at / cell)));
    const { width: w, height: h } = this.#cell;
    const right = clamp(x + width - 1, w, this.#across);
    const bottom = clamp(y + height - 1, h, this.#down);
    const left = clamp(x, w, this.#across);
    for (let row = clamp(y, h, this.#down); row <= bottom; row++) {
      for (let column = left; column <= right; column++) {
        yield row * this.#across + column;
      }
    }
  }
}
