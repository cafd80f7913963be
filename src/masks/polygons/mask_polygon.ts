/** One object of a mask: pixels joined by their edges, as a polygon along these edges. */
export interface MaskPolygon {
  /**
   * Rings of corners x, y, x, y, … in level-0 pixels (pixel x covers x to x + 1), the first corner not repeated: the
   * outer ring, then its holes. With y read as a plain Cartesian axis the outer ring runs counterclockwise and holes
   * run clockwise, as RFC 7946 asks; on a screen, where y points down, it looks the other way round.
   */
  readonly rings: readonly Int32Array[];
  /** Pixels in it. */
  readonly area: number;
  /**
   * Estimated perimeter in pixels, holes included: not that of the staircase of pixels, which is 27 % too long for a
   * disc, but that of the edge it approximates, within 2 % for discs of 20 pixels or more in diameter.
   */
  readonly perimeter: number;
  /** Mean probability of its pixels in 0..1, where the bands have probabilities. */
  readonly probability?: number;
  /** The rings along the pixels' edges, where `rings` are simplified: it is measured by these. */
  readonly traced?: readonly Int32Array[];
}
