interface Point {
  readonly x: number;
  readonly y: number;
}

/** A box whose sides belong to it. */
export interface Box {
  readonly left: number;
  readonly top: number;
  readonly right: number;
  readonly bottom: number;
}

/** A spatial index of points: the plane is divided into square cells, each with its points. */
export class CornerGrid<T extends Point> {
  readonly #side: number;
  readonly #cells = new Map<number, Set<T>>();

  /** Makes an empty grid of cells of `side`. */
  constructor(side: number) {
    this.#side = side;
  }

  /** Adds a point. */
  add(point: T): void {
    const key = this.#key(this.#cell(point.x), this.#cell(point.y));
    const cell = this.#cells.get(key);
    if (cell) cell.add(point);
    else this.#cells.set(key, new Set([point]));
  }

  /** Removes a point. */
  delete(point: T): void {
    const key = this.#key(this.#cell(point.x), this.#cell(point.y));
    this.#cells.get(key)?.delete(point);
  }

  /** The points in a box, its sides included. */
  *within({ left, top, right, bottom }: Box): Generator<T> {
    for (let y = this.#cell(top); y <= this.#cell(bottom); y++) {
      for (let x = this.#cell(left); x <= this.#cell(right); x++) {
        for (const point of this.#cells.get(this.#key(x, y)) ?? []) {
          if (
            point.x >= left && point.x <= right && point.y >= top &&
            point.y <= bottom
          ) yield point;
        }
      }
    }
  }

  #cell(coordinate: number): number {
    return Math.floor(coordinate / this.#side);
  }

  #key(x: number, y: number): number {
    return y * 2 ** 26 + x;
  }
}
