/** Amounts of both dyes at a pixel. */
export interface Dyes {
  /** Magenta of periodic acid-Schiff. */
  pas: number;
  /** Blue of hematoxylin. */
  nuclei: number;
}

/** A pixel in a round object. */
export interface Spot {
  /** Position in level-0 pixels. */
  x: number;
  y: number;
  /** The same in the warped space where outlines are smooth. */
  wx: number;
  wy: number;
  /** Pixels from the outline inwards. */
  deep: number;
  /** Fine grain here, -1..1. */
  grain: number;
}
