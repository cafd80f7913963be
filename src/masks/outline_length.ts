/** A step of a digitized edge: a side this long or shorter, in pixels, on both sides of which the outline goes on the same way. */
const STEP = 2;

/**
 * Estimates the length of the edge that rings of pixel sides approximate: the length of the polygon through the middles
 * of the rings' steps, and through those of their corners that no step adjoins. So axis-parallel edges and corners keep
 * their length, as do edges of slope n and 1/n; edges between these come out at most 1.3 % too long. Discs of 20 pixels
 * or more in diameter are within 2 % (of 20 to 24, a few in ten thousand within 3 %), of 40 or more within 1 %,
 * whatever the shape of a pixel.
 *
 * Source: the method of Koplowitz and Bruckstein, "Design of perimeter estimators for digitized planar shapes" (1989),
 * which sums lengths over short pieces of the pixels' outline such that straight edges in all directions err little.
 * The lengths here are those of the pieces between steps, which need no square pixels.
 *
 * @param rings Corners x, y, x, y, …; sides are horizontal and vertical by turns, as a `Polygonizer` gives them.
 * @param pixel The size of a pixel.
 */
export function outlineLength(
  rings: readonly Int32Array[],
  pixel: { readonly x: number; readonly y: number } = { x: 1, y: 1 },
): number {
  let sum = 0;
  for (const ring of rings) sum += ringLength(ring, pixel);
  return sum;
}

function ringLength(
  ring: Int32Array,
  pixel: { readonly x: number; readonly y: number },
): number {
  const { length } = ring;
  let ax = ring[length - 2], ay = ring[length - 1];
  let bx = ring[0], by = ring[1];
  // Of the sides before a, from a to b, and after b: how far they go, along their own axis.
  let before = ax - ring[length - 4] + ay - ring[length - 3];
  let side = bx - ax + by - ay;
  let wasStep = false;
  let sum = 0, firstX = 0, firstY = 0, lastX = 0, lastY = 0;
  let isFirst = true;
  // The first round only tells whether the last side is a step.
  for (let i = 0; i <= length; i += 2) {
    const next = i + 2 < length ? i + 2 : i + 2 - length;
    const cx = ring[next], cy = ring[next + 1];
    const after = cx - bx + cy - by;
    const isStep = side <= STEP && side >= -STEP &&
      (before > 0) === (after > 0);
    if (i > 0 && (isStep || !wasStep)) {
      const x = isStep ? (ax + bx) / 2 : ax;
      const y = isStep ? (ay + by) / 2 : ay;
      if (isFirst) {
        firstX = x;
        firstY = y;
        isFirst = false;
      } else sum += distance((x - lastX) * pixel.x, (y - lastY) * pixel.y);
      lastX = x;
      lastY = y;
    }
    wasStep = isStep;
    ax = bx;
    ay = by;
    bx = cx;
    by = cy;
    before = side;
    side = after;
  }
  return sum + distance((firstX - lastX) * pixel.x, (firstY - lastY) * pixel.y);
}

/** Like `Math.hypot()`, several times as fast. */
function distance(dx: number, dy: number): number {
  return Math.sqrt(dx * dx + dy * dy);
}
