/** A horizontal band of a slide's mask, as wide as the slide; bands arrive from top to bottom without gaps. */
export interface MaskBand {
  /** Top row, in level-0 pixels. */
  readonly y: number;
  /** The slide's width in pixels. */
  readonly width: number;
  /** Rows in this band. */
  readonly height: number;
  /** One byte per pixel, 0 or 1, row by row. */
  readonly mask: Uint8Array;
  /** Probability per pixel as a byte, 0 to 255 for 0 to 1, row by row, if requested. */
  readonly probability8?: Uint8Array;
}
