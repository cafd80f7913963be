import { cannot } from "../../errors/cannot.ts";
import type { BlockFormat } from "./block_job.ts";
import { toRgb } from "./to_rgb.ts";

/**
 * Checks that samples are mask values: integers from 0. NaN counts as 0.
 *
 * @param bytes Little-endian where samples have more than 8 bits.
 * @throws {TypeError} If one is negative, like a marker, or a fraction, like a probability.
 */
export function checkMaskSamples(
  bytes: Uint8Array,
  { bits, float, signed }: Pick<BlockFormat, "bits" | "float" | "signed">,
): void {
  const size = bits / 8;
  if (signed && !float && bits % 8 === 0) {
    for (let i = size - 1; i < bytes.length; i += size) {
      if (bytes[i] >= 128) throw badSample("a negative number");
    }
  }
  if (!float) return;
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  for (let at = 0; at + size <= bytes.length; at += size) {
    const value = size === 2
      ? view.getFloat16(at, true)
      : size === 4
      ? view.getFloat32(at, true)
      : view.getFloat64(at, true);
    if (value >= 0 ? Number.isInteger(value) : Number.isNaN(value)) continue;
    throw badSample(`${value}`);
  }
}

function badSample(what: string): Error {
  return cannot(
    "decode a block",
    `a mask must have integers from 0, and this one has ${what}: save it with 0 as background, and probabilities above the threshold as 1`,
    { kind: TypeError },
  );
}

/**
 * Picks the values of a mask of classes: three bytes per pixel, the first of which is the value; the second is 255 unless
 * the pixel is transparent.
 */
export function toClasses(
  parts: readonly Uint8Array[],
  { samples, alpha }: BlockFormat,
): Uint8Array {
  const step = parts.length === 1 ? samples : 1;
  const opacity = alpha === "none"
    ? undefined
    : parts.length === 1
    ? parts[0].subarray(1)
    : parts[1];
  const out = new Uint8Array(parts[0].length / step * 3);
  for (let i = 0, at = 0; at < out.length; i += step, at += 3) {
    out[at] = parts[0][i];
    if (!opacity || opacity[i] > 0) out[at + 1] = 255;
  }
  return out;
}

/** The lossy scheme: JPEG. */
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
