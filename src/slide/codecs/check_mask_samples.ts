import type { BlockFormat } from "./block_job.ts";

/**
 * Checks that samples are mask values: integers from 0. NaN counts as 0.
 *
 * @param bytes Little-endian where samples have more than 8 bits.
 * @throws {TypeError} If one is negative, as of a marker, or a fraction, as of a probability.
 */
export function checkMaskSamples(
  bytes: Uint8Array,
  { bits, float, signed }: Pick<BlockFormat, "bits" | "float" | "signed">,
): void {
  const size = bits / 8;
  if (signed && !float && bits % 8 === 0) {
    for (let i = size - 1; i < bytes.length; i += size) {
      if (bytes[i] >= 128) throw received("a negative number");
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
    throw received(`${value}`);
  }
}

function received(what: string): TypeError {
  return new TypeError(
    `masks hold whole numbers from 0: received ${what}; save it with 0 for background, and a probability above its threshold as 1`,
  );
}
