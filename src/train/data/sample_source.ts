import type { Normalization } from "../../kernels/tile/load_tile.ts";
import type { Sample, SampleTile } from "./sample.ts";

/** How {@linkcode SampleSource.read} reads. */
export interface ReadSampleOptions {
  /** Pixels around the sample, both sides together, after downsampling. Default: none. */
  readonly expansion?: number;
  /** Ends the read early, with the signal's reason. */
  readonly signal?: AbortSignal;
}

/** Where samples come from: slides and their labels, or a folder of tiles. */
export interface SampleSource {
  /** Side of a sample in pixels after downsampling. */
  readonly size: number;
  /** Level-0 pixels per pixel of a sample, where not `mpp` says it. */
  readonly downsample?: number;
  /** Micrometers per pixel of a sample. */
  readonly mpp?: number;
  /** The least and the most micrometers per level-0 pixel of the slides, as far as these say it. */
  readonly slideMpp?: readonly [least: number, most: number];
  /** The names of the slides, each with labels; some may have no sample. */
  readonly slides: readonly string[];
  /** All samples, slide by slide, row by row. */
  readonly samples: readonly Sample[];
  /** Mean and deviation of the channels over all samples, where they were measured. */
  readonly normalization?: Normalization;
  /** What was left out and why, one line each, for people. */
  readonly warnings: readonly string[];
  /**
   * Reads a sample.
   *
   * @throws {RangeError} If the source has no such expansion.
   * @throws {Error} If its pixels or labels cannot be read.
   */
  read(sample: Sample, options?: ReadSampleOptions): Promise<SampleTile>;
}
