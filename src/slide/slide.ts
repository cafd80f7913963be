/** A rectangle of a slide, in pixels of one level. */
export interface Region {
  /** Left edge in pixels; may be negative, or past the level's right edge. */
  readonly x: number;
  /** Top edge in pixels; may be negative, or past the level's bottom edge. */
  readonly y: number;
  /** Width in pixels. */
  readonly width: number;
  /** Height in pixels. */
  readonly height: number;
}

/** One resolution of a slide; level 0 is the finest. */
export interface SlideLevel {
  /** Width in pixels. */
  readonly width: number;
  /** Height in pixels. */
  readonly height: number;
  /**
   * How many level-0 pixels one pixel of this level spans (1 for level 0): a whole number where the sizes differ from one
   * by rounding alone.
   */
  readonly downsample: number;
}

/** How {@linkcode Slide.readRegion} reads. */
export interface ReadRegionOptions {
  /** Level to read from; 0, the finest, without it. */
  readonly level?: number;
  /** Byte for pixels outside the level; 255 (white) without it. */
  readonly fill?: number;
  /** Rows from here on will be read again soon, so that what lies above may be forgotten first; none without it. */
  readonly keepFrom?: number;
  /**
   * An array of `width * height * 3` bytes that may be filled and returned, to spare a new one; it belongs to the slide until
   * the read has ended.
   */
  readonly into?: Uint8Array;
  /** Ends the read early, with the signal's reason. */
  readonly signal?: AbortSignal;
}

/** An open slide: its size, its scale, and its pixels by region. */
export interface Slide extends AsyncDisposable {
  /** The file's name, without folders and extension. */
  readonly name: string;
  /** Width of level 0 in pixels. */
  readonly width: number;
  /** Height of level 0 in pixels. */
  readonly height: number;
  /** Micrometres per level-0 pixel, where the file, or who opened it, says so. */
  readonly mpp?: { readonly x: number; readonly y: number };
  /** Nominal magnification of the objective (20 for 20×), where the file says so. */
  readonly objectivePower?: number;
  /** The kind of file, in words: `Aperio SVS`. */
  readonly format?: string;
  /** What is not certain about how the file was read, in sentences. */
  readonly warnings?: readonly string[];
  /** Tells states of the slide's file apart, where something does: size and time of change, or its server's ETag. */
  readonly version?: string;
  /** The resolutions, finest first. */
  readonly levels: readonly SlideLevel[];
  /**
   * Reads a region as 8-bit RGB: `width * height * 3` bytes, row by row.
   * Only the blocks that the region touches are read from the file.
   */
  readRegion(region: Region, options?: ReadRegionOptions): Promise<Uint8Array>;
}
