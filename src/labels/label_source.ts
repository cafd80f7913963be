import type { Region } from "../slide/slide.ts";

/**
 * Options for {@linkcode LabelSource.readRegion}.
 *
 * @category Labels
 */
export interface ReadLabelsOptions {
  /** Stops the read early, with the signal's reason. */
  readonly signal?: AbortSignal;
}

/**
 * The labels of one slide, read by region, so that memory holds only a region.
 *
 * @category Labels
 */
export interface LabelSource extends AsyncDisposable {
  /** Width of the slide in level-0 pixels. */
  readonly width: number;
  /** Height of the slide in level-0 pixels. */
  readonly height: number;
  /**
   * Reads a region of level 0: one byte per pixel, row by row: 0 or 1, or of several classes 0 for background and k for the
   * k-th class; 0 outside the slide.
   */
  readRegion(region: Region, options?: ReadLabelsOptions): Promise<Uint8Array>;
  /**
   * Reads which pixels of a region are known: one byte per pixel, 1 if somebody has decided, else 0, also outside the slide. What
   * {@linkcode LabelSource.readRegion} gives for other pixels is a guess. Default: all are known.
   */
  readKnown?(region: Region, options?: ReadLabelsOptions): Promise<Uint8Array>;
  /** The number of known pixels of the slide, with `readKnown`. */
  readonly knownPixels?: number;
}

/** The value of pixels in masks whose class is not known. */
export const UNKNOWN = 255;
