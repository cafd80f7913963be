import type { Slide } from "./slide.ts";

/**
 * A slide's levels in words, for errors and listings: `level 0 of 2220×2967 px (downsample 1, 0.499 µm per pixel)`, and so
 * on.
 */
export function describeLevels(
  { width, height, mpp, levels = [] }:
    & Pick<Slide, "width" | "height" | "mpp">
    & Partial<Pick<Slide, "levels">>,
): string {
  const all = levels.length > 0 ? levels : [{ width, height, downsample: 1 }];
  return all.map(({ width, height, downsample }, level) => {
    const scale = mpp
      ? `, ${round((mpp.x + mpp.y) / 2 * downsample)} µm per pixel`
      : "";
    return `level ${level} of ${width}×${height} px (downsample ${
      round(downsample)
    }${scale})`;
  }).join(", ");
}

function round(value: number): number {
  return Number(value.toPrecision(4));
}
