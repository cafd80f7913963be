import { BlockSlide } from "../slide/block_slide.ts";
import type { OpenedSlide } from "../slide/slide.ts";
import type { LayerSource } from "./deep_zoom.ts";

/** A coarsest level with longer sides than this takes too long to be read for each tile of the whole. */
const LARGE = 2048;

/** Pixels of a reduced level per pixel of the coarsest zoom: a tile of it reads at most 16,384² pixels of a slide without a pyramid. */
const SHRINK = 4;

/**
 * A slide for deep zoom: one without small levels gets another, whose blocks are decoded to means of 8×8 pixels. All coarse
 * zooms are made of these, so that each block is decoded once, and little is kept of it. Results are not made of it.
 */
export function withOverview(slide: OpenedSlide): LayerSource {
  const last = slide.levels.at(-1)!;
  const isSmall = Math.max(last.width, last.height) <= LARGE;
  const reduced = !isSmall && slide instanceof BlockSlide
    ? slide.reduced()
    : undefined;
  if (!reduced) return slide;
  const downsample = last.downsample * 8;
  const { width, height, levels } = slide;
  return {
    width,
    height,
    levels: [...levels, {
      width: reduced.width,
      height: reduced.height,
      downsample,
    }],
    coarsest: downsample * SHRINK,
    readRegion: (region, { level = 0, ...options } = {}) =>
      level === levels.length
        ? reduced.readRegion(region, options)
        : slide.readRegion(region, { level, ...options }),
  };
}
