import { cannot } from "../errors/cannot.ts";
import { MAX_REGION_BYTES } from "../io/limits.ts";

/**
 * A rectangle of a slide, in pixels of one level.
 *
 * @category Slides
 */
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

/**
 * One resolution of a slide; level 0 is the finest.
 *
 * @category Slides
 */
export interface SlideLevel {
  /** Width in pixels. */
  readonly width: number;
  /** Height in pixels. */
  readonly height: number;
  /** Level-0 pixels per pixel of this level (1 for level 0): an integer if the sizes match one within rounding. */
  readonly downsample: number;
}

/**
 * Options for {@linkcode Slide.readRegion}.
 *
 * @category Slides
 */
export interface ReadRegionOptions {
  /** Level to read from. Default: 0, the finest. */
  readonly level?: number;
  /** Byte for pixels outside the level. Default: 255 (white). */
  readonly fill?: number;
  /** First row that will be read again soon: blocks above it leave the cache first. Default: none. */
  readonly keepFrom?: number;
  /**
   * An array of `width * height * 3` bytes to fill and return instead of a new one; do not touch it
   * until the read has ended.
   */
  readonly into?: Uint8Array;
  /** Stops the read early, with the signal's reason. */
  readonly signal?: AbortSignal;
}

/**
 * An open slide: its size, its scale, and its pixels by region.
 *
 * @category Slides
 */
export interface Slide extends AsyncDisposable {
  /** The file's name, without folders and extension. */
  readonly name: string;
  /** Width of level 0 in pixels. */
  readonly width: number;
  /** Height of level 0 in pixels. */
  readonly height: number;
  /** Micrometers per level-0 pixel, if the file or the caller states it. */
  readonly mpp?: { readonly x: number; readonly y: number };
  /** Nominal magnification of the objective (20 for 20×), if the file states it. */
  readonly objectivePower?: number;
  /** The kind of file, such as `Aperio SVS`. */
  readonly format?: string;
  /** The box around what was scanned, in level-0 pixels; elsewhere the slide is empty. Default: all of it. */
  readonly bounds?: Region;
  /**
   * What the file says about the slide, under the vendor's own names: `aperio.AppMag`. Names, dates and barcodes among it may
   * identify a patient: no result, log or report of Tilewise holds them but `inspect`.
   */
  readonly properties?: Readonly<Record<string, string>>;
  /** Warnings about ambiguities in the file. */
  readonly warnings?: readonly string[];
  /** Identifies the state of the slide's file, if known: size and modification time, or its server's ETag. */
  readonly version?: string;
  /** The resolutions, finest first. */
  readonly levels: readonly SlideLevel[];
  /**
   * Reads a region as 8-bit RGB: `width * height * 3` bytes, row by row.
   * Only the blocks that the region touches are read from the file.
   */
  readRegion(region: Region, options?: ReadRegionOptions): Promise<Uint8Array>;
  /**
   * Checks that the slide's files are still what was opened, by size, modification time and a sample of what was read: a
   * scanner may still be writing them. Files on servers are checked with each read.
   *
   * @throws {TypeError} If they have changed.
   */
  verify?(): Promise<void>;
}

/**
 * A picture beside the slide.
 *
 * @category Slides
 */
export interface AssociatedImage {
  /** `label`, `macro`, `thumbnail`, or the file's own name for it. */
  readonly name: string;
  /** Width in pixels. */
  readonly width: number;
  /** Height in pixels. */
  readonly height: number;
}

/**
 * The pixels of a picture beside the slide.
 *
 * @category Slides
 */
export interface AssociatedPixels {
  /** Width in pixels. */
  readonly width: number;
  /** Height in pixels. */
  readonly height: number;
  /** 8-bit RGB: `width * height * 3` bytes, row by row. */
  readonly pixels: Uint8Array;
}

/**
 * Options for {@linkcode OpenedSlide.readAssociated}.
 *
 * @category Slides
 */
export interface ReadAssociatedOptions {
  /** Stops the read early, with the signal's reason. */
  readonly signal?: AbortSignal;
}

/**
 * A slide that was opened from a file, with the pictures beside it.
 *
 * @category Slides
 */
export interface OpenedSlide extends Slide {
  /** The pictures beside the slide: label, macro, thumbnail. Labels often show a patient's name. */
  readonly associated: readonly AssociatedImage[];
  /**
   * Reads a picture beside the slide as 8-bit RGB.
   *
   * @throws {RangeError} If there is no picture of this name, or it has more than 67 million pixels.
   * @throws {Error} If it cannot be read.
   */
  readAssociated(
    name: string,
    options?: ReadAssociatedOptions,
  ): Promise<AssociatedPixels>;
}

/**
 * Checks a requested region.
 *
 * @throws {RangeError} If it is not a region of the slide's levels, or larger than 2 GiB.
 */
export function checkRegion(
  { x, y, width, height }: Region,
  { level, fill, slide }: {
    readonly level: number;
    readonly fill: number;
    readonly slide: Pick<Slide, "name" | "levels">;
  },
): void {
  const received = `received x ${x}, y ${y}, ${width}×${height}`;
  if (
    ![x, y, width, height].every(Number.isSafeInteger) || width < 1 ||
    height < 1
  ) {
    throw cannot(
      "read a region",
      `width and height must be positive integers, and x and y integers, ${received}`,
      { kind: RangeError },
    );
  }
  if (width * height * 3 > MAX_REGION_BYTES) {
    throw cannot("read a region", `a region takes at most 2 GiB, ${received}`, {
      kind: RangeError,
    });
  }
  if (!(level in slide.levels)) {
    throw cannot(
      "read a region",
      `slide "${slide.name}" has levels 0 to ${slide.levels.length - 1}`,
      { received: level, kind: RangeError },
    );
  }
  if (!(Number.isInteger(fill) && fill >= 0 && fill <= 255)) {
    throw cannot("read a region", "fill must be an integer from 0 to 255", {
      received: fill,
      kind: RangeError,
    });
  }
}
