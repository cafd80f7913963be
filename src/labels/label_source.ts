import type { Region } from "../slide/slide.ts";

/** How {@linkcode LabelSource.readRegion} reads. */
export interface ReadLabelsOptions {
  /** Ends the read early, with the signal's reason. */
  readonly signal?: AbortSignal;
}

/** The true mask of one slide, by region, so that no more than a region of it need be in memory. */
export interface LabelSource extends AsyncDisposable {
  /** Width of the slide in level-0 pixels. */
  readonly width: number;
  /** Height of the slide in level-0 pixels. */
  readonly height: number;
  /** Reads a region of level 0: one byte a pixel, 0 or 1, row by row; 0 outside the slide. */
  readRegion(region: Region, options?: ReadLabelsOptions): Promise<Uint8Array>;
}
