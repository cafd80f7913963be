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
}
