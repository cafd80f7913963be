/** A tile to train on: where it lies, not its pixels. */
export interface Sample {
  /** Its place among its source's samples. */
  readonly index: number;
  /** The slide's name. */
  readonly slide: string;
  /** Left edge in level-0 pixels; negative where padding begins before the slide. */
  readonly x: number;
  /** Top edge in level-0 pixels. */
  readonly y: number;
  /** Pixels in the mask, after downsampling, that are set. */
  readonly positive: number;
}

/** A sample with its pixels. */
export interface SampleTile {
  /** Which sample it is. */
  readonly sample: Sample;
  /** Side of the square, expansion included, in pixels after downsampling. */
  readonly side: number;
  /** 8-bit RGB after downsampling, row by row: `side * side * 3` bytes. */
  readonly pixels: Uint8Array;
  /** The mask: one byte a pixel, 0 or 1, `side * side` bytes. */
  readonly mask: Uint8Array;
}
