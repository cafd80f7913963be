/** A corner on an outline that is not closed yet. */
export interface Corner {
  readonly x: number;
  readonly y: number;
  /** Whether the outline may pass here a second time. */
  readonly twice: boolean;
  next: Corner | undefined;
}

/** One of the two ends of an open outline; the outline runs from its first end to its last, with the object at its right on a screen. */
export interface OutlineEnd {
  corner: Corner;
  other: OutlineEnd;
  readonly first: boolean;
}

/** Starts an outline at a corner: its first end and its last. */
export function startOutline(
  x: number,
  y: number,
  twice: boolean,
): { first: OutlineEnd; last: OutlineEnd } {
  const corner = { x, y, twice, next: undefined };
  const first = { corner, first: true } as OutlineEnd;
  const last: OutlineEnd = { corner, first: false, other: first };
  first.other = last;
  return { first, last };
}

/** Adds a corner at one end. */
export function extendOutline(
  end: OutlineEnd,
  x: number,
  y: number,
  twice: boolean,
): void {
  const corner: Corner = { x, y, twice, next: undefined };
  if (end.first) corner.next = end.corner;
  else end.corner.next = corner;
  end.corner = corner;
}

/**
 * Joins a first and a last end at a corner. Where both are of one outline it closes, and its rings come back, several
 * where it meets itself at a corner, so that no ring touches itself; else none.
 */
export function joinOutlines(
  a: OutlineEnd,
  b: OutlineEnd,
  x: number,
  y: number,
  twice: boolean,
): Int32Array[] {
  const [first, last] = a.first ? [a, b] : [b, a];
  extendOutline(last, x, y, twice);
  if (last.other === first) return ringsFrom(first.corner);
  last.corner.next = first.corner;
  last.other.other = first.other;
  first.other.other = last.other;
  return [];
}

/** Cuts a closed outline into simple rings: what lies between two visits of a corner is a ring of its own. */
function ringsFrom(start: Corner): Int32Array[] {
  const path: Corner[] = [];
  let touches = 0;
  for (let corner: Corner | undefined = start; corner; corner = corner.next) {
    path.push(corner);
    if (corner.twice) touches++;
  }
  if (touches < 2) return [pack(path)]; // Most do not meet themselves.
  path.length = 0;
  const rings: Int32Array[] = [];
  const visited = new Map<number, number>();
  for (let corner: Corner | undefined = start; corner; corner = corner.next) {
    if (corner.twice) {
      const key = corner.y * 2 ** 26 + corner.x;
      const before = visited.get(key);
      if (before !== undefined) {
        const loop = path.splice(before);
        for (const { x, y, twice } of loop) {
          if (twice) visited.delete(y * 2 ** 26 + x);
        }
        rings.push(pack(loop));
      }
      visited.set(key, path.length);
    }
    path.push(corner);
  }
  rings.push(pack(path));
  return rings;
}

function pack(corners: readonly Corner[]): Int32Array {
  const ring = new Int32Array(corners.length * 2);
  for (let i = 0; i < corners.length; i++) {
    ring[i * 2] = corners[i].x;
    ring[i * 2 + 1] = corners[i].y;
  }
  return ring;
}
