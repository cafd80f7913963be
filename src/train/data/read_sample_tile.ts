import type { LabelSource } from "../../labels/label_source.ts";
import type { Slide } from "../../slide/slide.ts";
import { areaDownsample } from "../../tiles/area_downsample.ts";

/** A square of a slide, in level-0 pixels but for its side. */
export interface SampleSquare {
  /** Left edge in level-0 pixels. */
  readonly x: number;
  /** Top edge in level-0 pixels. */
  readonly y: number;
  /** Side in pixels after downsampling. */
  readonly side: number;
  /** Level-0 pixels per pixel of the square. */
  readonly downsample: number;
}

/** How {@linkcode readSampleTile} reads. */
export interface ReadSampleTileOptions {
  /** What lies around the slide. */
  readonly fill: "white" | "black";
  /** Ends the read early, with the signal's reason. */
  readonly signal?: AbortSignal;
}

/** Reads a square of a slide and of its labels, and averages both as OpenCV's INTER_AREA does; a mask's half is rounded so too. */
export async function readSampleTile(
  { slide, labels }: { readonly slide: Slide; readonly labels: LabelSource },
  { x, y, side, downsample }: SampleSquare,
  { fill, signal }: ReadSampleTileOptions,
): Promise<{ readonly pixels: Uint8Array; readonly mask: Uint8Array }> {
  const length = side * downsample;
  const region = { x, y, width: length, height: length };
  const [pixels, mask] = await Promise.all([
    slide.readRegion(region, { fill: fill === "white" ? 255 : 0, signal }),
    labels.readRegion(region, { signal }),
  ]);
  const sizes = { width: length, height: length, factor: downsample };
  return {
    pixels: areaDownsample(pixels, sizes),
    mask: areaDownsample(mask, { ...sizes, channels: 1 }),
  };
}
