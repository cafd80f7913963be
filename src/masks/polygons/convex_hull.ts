/** Where each row's corners begin and end; kept, since most objects are small and there may be a million. */
let left = new Int32Array(1024), right = new Int32Array(1024);

/**
 * The corners of the convex hull of a ring, x, y, x, y, …, counterclockwise with y read as a plain Cartesian axis, and
 * without those within a side.
 *
 * Source: Andrew, "Another efficient algorithm for convex hulls in two dimensions" (1979); instead of being sorted,
 * corners are grouped by row, and only the leftmost and the rightmost of each row count.
 *
 * @param ring Corners of a closed ring in whole pixels.
 */
export function convexHull(ring: Int32Array): number[] {
  let top = Infinity, bottom = -Infinity;
  for (let i = 1; i < ring.length; i += 2) {
    if (ring[i] < top) top = ring[i];
    if (ring[i] > bottom) bottom = ring[i];
  }
  const rows = bottom - top + 1;
  if (rows > left.length) {
    left = new Int32Array(rows);
    right = new Int32Array(rows);
  }
  for (let row = 0; row < rows; row++) {
    left[row] = 2 ** 31 - 1;
    right[row] = -(2 ** 31);
  }
  for (let i = 0; i < ring.length; i += 2) {
    const row = ring[i + 1] - top;
    if (ring[i] < left[row]) left[row] = ring[i];
    if (ring[i] > right[row]) right[row] = ring[i];
  }
  const hull: number[] = [];
  // Down the right sides, then up the left ones.
  for (let row = 0; row < rows; row++) {
    if (right[row] >= left[row]) addCorner(hull, 0, right[row], row + top);
  }
  const from = hull.length - 2;
  for (let row = rows - 1; row >= 0; row--) {
    if (right[row] >= left[row]) addCorner(hull, from, left[row], row + top);
  }
  return hull;
}

/** Adds a corner to the chain that begins at `from`, in place of those that it makes lie within. */
function addCorner(hull: number[], from: number, x: number, y: number): void {
  let n = hull.length;
  if (x === hull[n - 2] && y === hull[n - 1]) return;
  if (x === hull[0] && y === hull[1]) return;
  for (; n >= from + 4; n -= 2) {
    const bx = hull[n - 2], by = hull[n - 1];
    const turn = (bx - hull[n - 4]) * (y - by) - (by - hull[n - 3]) * (x - bx);
    if (turn > 0) break;
    hull.pop();
    hull.pop();
  }
  hull.push(x, y);
}

/**
 * The largest distance between two corners of a convex polygon, by rotating calipers.
 *
 * Source: Shamos, "Computational geometry" (1978); Toussaint, "Solving geometric problems with the rotating calipers" (1983).
 *
 * @param hull Corners x, y, x, y, … as `convexHull()` gives them.
 * @param pixel The size of a pixel.
 */
export function maxDiameter(
  hull: readonly number[],
  pixel: { readonly x: number; readonly y: number } = { x: 1, y: 1 },
): number {
  const { length } = hull;
  let most = 0;
  const measure = (a: number, b: number): void => {
    const dx = (hull[a] - hull[b]) * pixel.x;
    const dy = (hull[a + 1] - hull[b + 1]) * pixel.y;
    most = Math.max(most, dx * dx + dy * dy);
  };
  // For each side, the corner farthest from it; it moves round as the side does.
  for (let a = 0, far = 2; a < length; a += 2) {
    const b = (a + 2) % length;
    const dx = hull[b] - hull[a], dy = hull[b + 1] - hull[a + 1];
    while (true) {
      const next = (far + 2) % length;
      const rise = dx * (hull[next + 1] - hull[far + 1]) -
        dy * (hull[next] - hull[far]);
      if (rise <= 0) break;
      far = next;
    }
    measure(a, far);
    measure(b, far);
  }
  return Math.sqrt(most);
}
