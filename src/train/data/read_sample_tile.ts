import type { LabelSource } from "../../labels/label_source.ts";
import type { Slide } from "../../slide/slide.ts";
import { areaDownsample } from "../../tiles/area_downsample.ts";
import { readTile, type TileReading } from "../../tiles/read_tile.ts";
import { resampleArea } from "../../tiles/resample_area.ts";
import type { TilePosition } from "../../tiles/tile.ts";
import { tileFactor } from "../../tiles/tile_factor.ts";

/** Which tile {@linkcode readSampleTile} reads, and how. */
export interface ReadSampleTileOptions
  extends Pick<TileReading, "level" | "fill" | "signal"> {
  /** Where it lies. */
  readonly position: TilePosition;
}

/**
 * Reads a tile of a slide as inference does, and of its labels, and averages both as OpenCV's INTER_AREA does; a mask's half
 * is rounded so too.
 */
export async function readSampleTile(
  { slide, labels }: { readonly slide: Slide; readonly labels: LabelSource },
  options: ReadSampleTileOptions,
): Promise<{ readonly pixels: Uint8Array; readonly mask: Uint8Array }> {
  const { position, signal } = options;
  const [tile, mask] = await Promise.all([
    readTile(slide, options),
    readMask(labels, position, signal),
  ]);
  const factor = tileFactor(tile);
  if (factor === 1) return { pixels: tile.pixels, mask };
  const width = (position.size + position.expansion) * factor;
  const sizes = { width, height: width, factor };
  return { pixels: areaDownsample(tile.pixels, sizes), mask };
}

async function readMask(
  labels: LabelSource,
  { x, y, size, expansion, downsample }: TilePosition,
  signal?: AbortSignal,
): Promise<Uint8Array> {
  const side = size + expansion;
  const margin = expansion / 2 * downsample;
  const [left, top] = [Math.floor(x - margin), Math.floor(y - margin)];
  const width = Math.ceil(x - margin + side * downsample) - left;
  const height = Math.ceil(y - margin + side * downsample) - top;
  const mask = await labels.readRegion(
    { x: left, y: top, width, height },
    { signal },
  );
  const sizes = { width, height, factor: downsample, channels: 1 } as const;
  if (Number.isInteger(downsample)) return areaDownsample(mask, sizes);
  return resampleArea(mask, {
    ...sizes,
    x: x - margin - left,
    y: y - margin - top,
    side,
  });
}
