import { MAX_PHOTOS_IN_PLACE } from "../../../io/limits.ts";
import type { Region } from "../../slide.ts";
import { damaged } from "./refuse.ts";

/** Photos of the camera, row by row, and where they lie. Lengths are pixels of the camera. */
export interface PhotoGrid {
  readonly columns: number;
  readonly rows: number;
  /** The size of a photo. */
  readonly width: number;
  readonly height: number;
  /** Where each lies. */
  readonly x: Float64Array;
  readonly y: Float64Array;
}

/** Bytes of a photo's place: a flag, x, and y. */
export const PLACE_BYTES = 9;

/**
 * Reads where photos lie from a position buffer.
 *
 * @param options.scale Pixels of the camera in a unit of the buffer.
 */
export function readPlaces(
  bytes: Uint8Array,
  { scale, ...grid }: Omit<PhotoGrid, "x" | "y"> & { readonly scale: number },
): PhotoGrid {
  const count = grid.columns * grid.rows;
  if (bytes.length !== count * PLACE_BYTES) {
    throw damaged(
      `its position buffer has ${bytes.length} bytes, and ${grid.columns}×${grid.rows} photos take ${
        count * PLACE_BYTES
      }`,
    );
  }
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const [x, y] = [new Float64Array(count), new Float64Array(count)];
  for (let i = 0; i < count; i++) {
    const at = i * PLACE_BYTES;
    if (bytes[at] > 1) {
      throw damaged(
        `its position buffer has the flag ${
          bytes[at]
        } for photo ${i}, where 0 or 1 must be`,
      );
    }
    x[i] = view.getInt32(at + 1, true) * scale;
    y[i] = view.getInt32(at + 5, true) * scale;
  }
  return { ...grid, x, y };
}

/** Places photos where they would lie if all overlapped by as much as the slide says. */
export function nominalPlaces(
  { overlapX, overlapY, ...grid }: Omit<PhotoGrid, "x" | "y"> & {
    readonly overlapX: number;
    readonly overlapY: number;
  },
): PhotoGrid {
  const { columns, rows, width, height } = grid;
  const along = (i: number, advance: number) => Math.trunc(i * advance);
  return {
    ...grid,
    x: Float64Array.from(
      { length: columns * rows },
      (_, i) => along(i % columns, width - overlapX),
    ),
    y: Float64Array.from(
      { length: columns * rows },
      (_, i) => along(Math.floor(i / columns), height - overlapY),
    ),
  };
}

/** Finds the photos in a region: they are listed for each cell of a grid, whose cells have the size of a photo. */
export class PhotoMap {
  readonly grid: PhotoGrid;
  /** How many photos lie outside of the canvas. */
  readonly outside: number;
  readonly #across: number;
  readonly #down: number;
  /** Where the list of each cell begins in `#photos`. */
  readonly #starts: Uint32Array;
  readonly #photos: Uint32Array;

  /**
   * @param options.isThere Whether a photo was taken.
   * @throws {SyntaxError} If too many lie in one place.
   */
  constructor(
    grid: PhotoGrid,
    { canvas, isThere }: {
      readonly canvas: { readonly width: number; readonly height: number };
      readonly isThere: (photo: number) => boolean;
    },
  ) {
    this.grid = grid;
    this.#across = Math.max(1, Math.ceil(canvas.width / grid.width));
    this.#down = Math.max(1, Math.ceil(canvas.height / grid.height));
    const cells = this.#across * this.#down;
    this.#starts = new Uint32Array(cells + 1);
    let outside = 0;
    const eachCell = (use: (photo: number, cell: number) => void) => {
      for (let photo = 0; photo < grid.x.length; photo++) {
        if (!isThere(photo)) continue;
        const [x, y] = [grid.x[photo], grid.y[photo]];
        const isOn = x < canvas.width && x + grid.width > 0 &&
          y < canvas.height && y + grid.height > 0;
        if (!isOn) outside++;
        else {
          const box = { x, y, width: grid.width, height: grid.height };
          for (const cell of this.#cells(box)) use(photo, cell);
        }
      }
    };
    eachCell((_, cell) => this.#starts[cell + 1]++);
    this.outside = outside;
    const most = this.#starts.reduce((most, n) => Math.max(most, n), 0);
    if (most > MAX_PHOTOS_IN_PLACE) {
      throw damaged(
        `${most} of its photos lie in one place, more than ${MAX_PHOTOS_IN_PLACE}`,
      );
    }
    for (let i = 0; i < cells; i++) this.#starts[i + 1] += this.#starts[i];
    const next = this.#starts.slice();
    this.#photos = new Uint32Array(this.#starts[cells]);
    eachCell((photo, cell) => this.#photos[next[cell]++] = photo);
  }

  /** The photos that may meet a region, each once, the last first. */
  in(region: Region): number[] {
    const found = new Set<number>();
    for (const cell of this.#cells(region)) {
      const [from, to] = [this.#starts[cell], this.#starts[cell + 1]];
      for (const photo of this.#photos.subarray(from, to)) found.add(photo);
    }
    return [...found].sort((a, b) => b - a);
  }

  *#cells({ x, y, width, height }: Region): Generator<number> {
    const [left, right] = span(x, x + width, this.grid.width, this.#across);
    const [top, bottom] = span(y, y + height, this.grid.height, this.#down);
    for (let row = top; row <= bottom; row++) {
      for (let column = left; column <= right; column++) {
        yield row * this.#across + column;
      }
    }
  }
}

/** The first and the last cell that a length meets; what lies beyond belongs to the outermost. */
function span(
  from: number,
  to: number,
  cell: number,
  count: number,
): [number, number] {
  const clamp = (at: number) =>
    Math.max(0, Math.min(count - 1, Math.floor(at / cell)));
  return [clamp(from), clamp(to - 1)];
}
