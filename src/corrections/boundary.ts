import type { Side } from "./snap_round.ts";

/**
 * The sides of which exactly one hand is inside, in the direction that has the inside where `turn()` is positive.
 *
 * @param sides Sides that meet at their ends alone.
 * @param isInside Whether a place is inside that is in the first area (1), in the second (2), in both (3) or none (0).
 */
export function boundaryOf(
  sides: readonly Side[],
  isInside: (of: number) => boolean,
): Side[] {
  const strips = new Strips(sides);
  return sides.flatMap((side) => {
    const { from, to, of } = side;
    const up = from.y < to.y || (from.y === to.y && from.x < to.x)
      ? side
      : { from: to, to: from, of };
    const place = strips.areasBeside(up);
    const [one, other] = [isInside(place), isInside(place ^ of)];
    if (one === other) return [];
    return [one ? up : { from: up.to, to: up.from, of }];
  });
}

/** Sides by the rows that they cross. */
class Strips {
  readonly #lists: Side[][];
  readonly #top: number;
  readonly #height: number;

  constructor(sides: readonly Side[]) {
    let top = Infinity, bottom = -Infinity;
    for (const { from, to } of sides) {
      top = Math.min(top, from.y, to.y);
      bottom = Math.max(bottom, from.y, to.y);
    }
    const count = Math.min(2048, Math.ceil(sides.length / 4));
    this.#top = top;
    this.#height = Math.max(1, (bottom - top + 1) / count);
    this.#lists = Array.from({ length: count }, () => []);
    for (const side of sides) {
      const { from, to } = side;
      if (from.y === to.y) continue;
      const last = this.#indexOf(Math.max(from.y, to.y));
      for (let i = this.#indexOf(Math.min(from.y, to.y)); i <= last; i++) {
        this.#lists[i].push(side);
      }
    }
  }

  #indexOf(y: number): number {
    return Math.floor((y - this.#top) / this.#height);
  }

  /** The areas beside the middle of a side, on the hand where `turn()` is positive: those whose sides a ray to x = -∞ crosses an odd number of times. */
  areasBeside({ from, to }: Side): number {
    // In half steps.
    const middle = { x: from.x + to.x, y: from.y + to.y };
    let areas = 0;
    for (const other of this.#lists[this.#indexOf(middle.y / 2)]) {
      const isUp = other.from.y < other.to.y;
      const low = isUp ? other.from : other.to;
      const high = isUp ? other.to : other.from;
      if (2 * low.y > middle.y || middle.y >= 2 * high.y) continue;
      const cross = (high.x - low.x) * (middle.y - 2 * low.y) -
        (high.y - low.y) * (middle.x - 2 * low.x);
      if (cross < 0) areas ^= other.of;
    }
    return areas;
  }
}
