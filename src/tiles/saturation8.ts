/** 255/v in 12 fractional bits, as OpenCV tabulates it; 0 for black. */
const RECIPROCALS: Int32Array = Int32Array.from(
  { length: 256 },
  (_, v) => v === 0 ? 0 : Math.round(255 * 4096 / v),
);

/**
 * HSV saturation of an 8-bit color, 0 to 255, rounded as OpenCV's 8-bit `COLOR_RGB2HSV` rounds it.
 *
 * Source: OpenCV's `color_hsv.simd.hpp`, `RGB2HSV_b`.
 *
 * @example Gray has none
 * ```ts
 * import { saturation8 } from "@tilewise/tilewise/tiles";
 *
 * console.log(saturation8([90, 90, 90]), saturation8([255, 0, 0])); // 0 255
 * ```
 */
export function saturation8(
  rgb: ArrayLike<number>,
  offset: number = 0,
): number {
  const r = rgb[offset];
  const g = rgb[offset + 1];
  const b = rgb[offset + 2];
  const value = r > g ? (r > b ? r : b) : (g > b ? g : b);
  const least = r < g ? (r < b ? r : b) : (g < b ? g : b);
  return ((value - least) * RECIPROCALS[value] + 2048) >> 12;
}
