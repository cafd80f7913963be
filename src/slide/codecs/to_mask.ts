import type { BlockFormat } from "./block_job.ts";
import { toRgb } from "./to_rgb.ts";

/** The scheme that blurs: JPEG. */
const JPEG = 7;

/**
 * Converts a block's samples to flags, 0 or 255, three per pixel: whether it is not black (lighter than half of white
 * in a JPEG), whether it is not transparent, and whether it has a color. `parts` holds one array, or one per plane.
 */
export function toMask(
  parts: readonly Uint8Array[],
  format: BlockFormat,
): Uint8Array {
  const rgb = toRgb(parts, { ...format, alpha: "none" });
  const least = format.compression === JPEG ? 128 : 1;
  const isChunky = parts.length === 1;
  const step = isChunky ? format.samples : 1;
  const alpha = format.alpha === "none"
    ? undefined
    : isChunky
    ? parts[0].subarray(format.colors)
    : parts[format.colors];
  const flags = new Uint8Array(rgb.length);
  for (let i = 0, at = 0; at < rgb.length; i += step, at += 3) {
    const [red, green, blue] = [rgb[at], rgb[at + 1], rgb[at + 2]];
    if (Math.max(red, green, blue) >= least) flags[at] = 255;
    if (!alpha || alpha[i] > 0) flags[at + 1] = 255;
    if (red !== green || green !== blue) flags[at + 2] = 255;
  }
  return flags;
}
