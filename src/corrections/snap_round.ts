/** A point, in whole steps. */
export interface Corner {
  readonly x: number;
  readonly y: number;
}

/** A straight line between two points. */
export interface Side {
  readonly from: Corner;
  readonly to: Corner;
  /** Of which areas it is a boundary: 1 the first, 2 the second, 3 both. */
  readonly of: number;
}

/** Rounds after which sides are refused; real ones take two or three. */
const MOST_ROUNDS = 30;
/** Crossings of sides that are refused; outlines have hundreds at most, and each takes memory and time. */
const MOST_CROSSINGS = 2 ** 15;

/** A text for each point. */
export const keyOf = ({ x, y }: Corner): string => `${x},${y}`;

/** Whether two points are the same. */
export function isSame(one: Corner, other: Corner): boolean {
  return one.x === other.x && one.y === other.y;
}

/** Positive if `c` is on the one hand of the side from `a` to `b`, negative if it is on the other; zero on its line. */
export function turn(a: Corner, b: Corner, c: Corner): number {
  return (b.x - a.x) * (c.y - a.y) - (b.y - a.y) * (c.x - a.x);
}

/**
 * Cuts sides where they cross or touch, so that they meet at their ends alone, which are whole steps: a side bends to every end
 * and crossing that is less than half a step away. An area's sides that come to lie on each other cancel in pairs.
 *
 * Source: Hobby, "Practical segment intersection with finite precision output" (1999).
 *
 * @returns `undefined` if that does not come to an end, or sides cross more than 32768 times.
 */
export function snapRound(sides: readonly Side[]): Side[] | undefined {
  let now = cancelPairs(sides);
  for (let round = 0; round < MOST_ROUNDS; round++) {
    const crossings = crossingsOf(now);
    if (!crossings) return undefined;
    const corners = [...now.flatMap(({ from, to }) => [from, to]), ...crossings]
      .sort((a, b) => a.x - b.x);
    const cut = now.flatMap((side) => cutSide(side, corners));
    if (cut.length === now.length) return now;
    now = cancelPairs(cut);
  }
}

/** Leaves out what bounds an area twice: its two sides are alike. */
function cancelPairs(sides: readonly Side[]): Side[] {
  const found = new Map<string, Side>();
  for (const side of sides) {
    const { from, to, of } = side;
    if (isSame(from, to)) continue;
    const isForward = from.x < to.x || (from.x === to.x && from.y < to.y);
    const key = isForward
      ? `${keyOf(from)} ${keyOf(to)}`
      : `${keyOf(to)} ${keyOf(from)}`;
    const other = found.get(key);
    if (!other) found.set(key, side);
    else found.set(key, { from, to, of: other.of ^ of });
  }
  return [...found.values()].filter(({ of }) => of !== 0);
}

/** Where sides cross, in whole steps; `undefined` if that is too often. */
function crossingsOf(sides: readonly Side[]): Corner[] | undefined {
  const boxes = sides.map(({ from, to }) => ({
    ...{ from, to },
    left: Math.min(from.x, to.x),
    right: Math.max(from.x, to.x),
    top: Math.min(from.y, to.y),
    bottom: Math.max(from.y, to.y),
  })).sort((a, b) => a.left - b.left);
  const found: Corner[] = [];
  const open: typeof boxes = [];
  for (const box of boxes) {
    let kept = 0;
    for (const other of open) {
      if (other.right < box.left) continue;
      open[kept++] = other;
      if (other.top > box.bottom || other.bottom < box.top) continue;
      const point = crossing(box, other);
      if (point) found.push(point);
      if (found.length > MOST_CROSSINGS) return undefined;
    }
    open.length = kept;
    open.push(box);
  }
  return found;
}

type Line = Pick<Side, "from" | "to">;

/** Where two sides cross, neither at its end. */
function crossing(one: Line, other: Line): Corner | undefined {
  const a = turn(one.from, one.to, other.from);
  const b = turn(one.from, one.to, other.to);
  if (a === 0 || b === 0 || (a > 0) === (b > 0)) return undefined;
  const c = turn(other.from, other.to, one.from);
  const d = turn(other.from, other.to, one.to);
  if (c === 0 || d === 0 || (c > 0) === (d > 0)) return undefined;
  const part = c / (c - d);
  return {
    x: Math.round(one.from.x + part * (one.to.x - one.from.x)),
    y: Math.round(one.from.y + part * (one.to.y - one.from.y)),
  };
}

/** A side in pieces that end at the corners it passes within half a step. */
function cutSide(side: Side, corners: readonly Corner[]): Side[] {
  const { from, to, of } = side;
  const [dx, dy] = [to.x - from.x, to.y - from.y];
  const left = Math.min(from.x, to.x), right = Math.max(from.x, to.x);
  const top = Math.min(from.y, to.y), bottom = Math.max(from.y, to.y);
  const reach = Math.abs(dx) + Math.abs(dy);
  const found: Corner[] = [];
  for (let i = firstFrom(corners, left); corners[i]?.x <= right; i++) {
    const corner = corners[i];
    if (corner.y < top || corner.y > bottom) continue;
    if (isSame(corner, from) || isSame(corner, to)) continue;
    if (2 * Math.abs(turn(from, to, corner)) <= reach) found.push(corner);
  }
  if (found.length === 0) return [side];
  const along = ({ x, y }: Corner) => (x - from.x) * dx + (y - from.y) * dy;
  found.sort((a, b) => along(a) - along(b));
  return [from, ...found].map((corner, i) => ({
    from: corner,
    to: found[i] ?? to,
    of,
  }));
}

/** The first of the corners, sorted by x, that is not left of `x`. */
function firstFrom(corners: readonly Corner[], x: number): number {
  let low = 0, high = corners.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (corners[middle].x < x) low = middle + 1;
    else high = middle;
  }
  return low;
}
