import type { OverviewPicture } from "../masks/pictures/overview.ts";
import type { Region, Slide } from "../slide/slide.ts";
import { tileFactor } from "../tiles/plan_tiles.ts";
import { readTile } from "../tiles/stream_tiles.ts";

/** Level-0 pixels that are read at a time, each way, where a slide has no coarser level. */
const SPAN = 2048;

/** A level that is this slightly too coarse counts as fine enough, as for tiles. */
const SLACK = 0.99;

/** A picture of a region of a slide. */
export interface RegionPicture extends OverviewPicture {
  /** Its left edge in level-0 pixels: that of the region, or a little before it. */
  readonly x: number;
  /** Its top edge likewise. */
  readonly y: number;
}

/**
 * Reads a reduced picture of a region: each pixel is the mean of `scale` × `scale` level-0 pixels, from the coarsest level that
 * is fine enough. Outside of the slide it is white.
 *
 * @param region In level-0 pixels.
 * @param options `scale`, an integer.
 */
export async function readPicture(
  slide: Slide,
  region: Region,
  { scale, signal }: { readonly scale: number; readonly signal?: AbortSignal },
): Promise<RegionPicture> {
  const width = Math.ceil(region.width / scale);
  const height = Math.ceil(region.height / scale);
  const data = new Uint8Array(width * height * 3);
  const fine = slide.levels.findLastIndex(({ downsample }) =>
    downsample * SLACK <= scale
  );
  const level = Math.max(0, fine);
  // On a coarser level, whole pixels are read where that is possible.
  const unit = slide.levels[level]?.downsample ?? 1;
  const aligned = (at: number) =>
    Number.isInteger(unit) ? Math.floor(at / unit) * unit : Math.floor(at);
  const [x0, y0] = [aligned(region.x), aligned(region.y)];
  const side = Math.max(1, Math.floor(SPAN / scale));
  for (let top = 0; top < height; top += side) {
    for (let left = 0; left < width; left += side) {
      const position = {
        ...{ index: 0, column: 0, row: 0, size: side, expansion: 0 },
        x: x0 + left * scale,
        y: y0 + top * scale,
        downsample: scale,
      };
      const tile = await readTile(slide, {
        ...{ position, level, fill: 255, signal },
      });
      const factor = tileFactor(tile);
      const rows = Math.min(side, height - top);
      const columns = Math.min(side, width - left);
      for (let y = 0; y < rows; y++) {
        const to = ((top + y) * width + left) * 3;
        const row = data.subarray(to, to + columns * 3);
        averageRow(row, tile.pixels, { y, factor, stride: side * factor });
      }
    }
  }
  return { x: x0, y: y0, width, height, data };
}

/** Averages blocks of `factor` × `factor` pixels: a row of them. */
function averageRow(
  row: Uint8Array,
  pixels: Uint8Array,
  { y, factor, stride }: {
    readonly y: number;
    readonly factor: number;
    readonly stride: number;
  },
): void {
  for (let i = 0; i < row.length; i++) {
    const x = Math.floor(i / 3) * factor;
    let sum = 0;
    for (let dy = 0; dy < factor; dy++) {
      let at = ((y * factor + dy) * stride + x) * 3 + i % 3;
      for (let dx = 0; dx < factor; dx++, at += 3) sum += pixels[at];
    }
    row[i] = Math.round(sum / (factor * factor));
  }
}
