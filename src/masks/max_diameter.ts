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
