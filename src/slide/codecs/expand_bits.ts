import { cannot } from "../../errors/cannot.ts";
import { packValues } from "./sample_values.ts";

/** How samples are stored. */
export interface ExpandOptions {
  /** 1 to 32 for integers; 16, 32 or 64 for floats. */
  readonly bits: number;
  readonly float: boolean;
  /** The values that become 0 and 255. Default: 0 and 1 for floats, the full range of the bits for integers. */
  readonly range?: readonly [min: number, max: number];
  /** Whether samples are indices of a palette, and so must not be scaled. */
  readonly isIndex: boolean;
  /** Samples per row; rows begin at whole bytes. */
  readonly width: number;
  readonly height: number;
  /** Whether nonzero samples must stay nonzero, or values of classes as they are, up to 255. Default: false. */
  readonly mask?: boolean | "classes";
  /** Whether their values are kept, by `packValues()`: three bytes a sample. Default: false. */
  readonly values?: boolean;
}

/** How far floats may exceed their range, by rounding or sharpening; beyond that, the range is wrong. */
const SLACK = 0.05;

/**
 * Converts each sample to a byte. Integers of 16 or 32 bits keep their highest 8, as OpenCV and Pillow do; those of 1
 * to 14 are scaled to 0 to 255. Floats are taken as 0 to 1. Another range, if known, is scaled to 0 to 255 and clamped.
 *
 * @throws {RangeError} If floats without a known range lie far beyond 0 to 1.
 * @param bytes Little-endian where samples have 16, 32 or 64 bits; packed from the highest bit otherwise.
 */
export function expandBits(
  bytes: Uint8Array,
  options: ExpandOptions,
): Uint8Array {
  const { bits, float, range, width, height } = options;
  if (options.values) return packValues(bytes, options);
  if (float || (range && bits % 8 === 0)) {
    return fromNumbers(bytes, { bits, float, range, count: width * height });
  }
  if (bits === 8) return bytes;
  return bits % 8 === 0
    ? highBytes(bytes, bits / 8, options.mask)
    : fromPacked(bytes, options);
}

function highBytes(
  bytes: Uint8Array,
  size: number,
  mask: ExpandOptions["mask"] = false,
): Uint8Array {
  const out = new Uint8Array(bytes.length / size);
  if (mask === "classes") {
    for (let i = 0, j = 0; i < out.length; i++, j += size) {
      out[i] = bytes[j];
      for (let k = j + 1; k < j + size; k++) if (bytes[k] !== 0) out[i] = 255;
    }
    return out;
  }
  for (let i = 0, j = size - 1; i < out.length; i++, j += size) {
    out[i] = bytes[j];
    for (let k = j - size + 1; mask && out[i] === 0 && k < j; k++) {
      if (bytes[k] !== 0) out[i] = 1;
    }
  }
  return out;
}

function fromPacked(
  bytes: Uint8Array,
  { bits, width, height, isIndex, mask }: ExpandOptions,
): Uint8Array {
  const out = new Uint8Array(width * height);
  const rowBytes = Math.ceil(width * bits / 8);
  const most = 2 ** bits - 1;
  const scale = isIndex || mask === "classes" ? 1 : 255 / most;
  for (let row = 0, end = 0; row < height; row++) {
    let at = row * rowBytes;
    let buffer = 0;
    let held = 0;
    for (let x = 0; x < width; x++) {
      while (held < bits) {
        buffer = (buffer << 8 | bytes[at++]) & 0xffffff;
        held += 8;
      }
      held -= bits;
      const value = buffer >>> held & most;
      out[end++] = Math.round(value * scale) || (mask && value > 0 ? 1 : 0);
    }
  }
  return out;
}

function fromNumbers(
  bytes: Uint8Array,
  { bits, float, range, count }: {
    bits: number;
    float: boolean;
    range?: readonly [min: number, max: number];
    count: number;
  },
): Uint8Array {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const read = float
    ? bits === 16
      ? (i: number) => view.getFloat16(i * 2, true)
      : bits === 32
      ? (i: number) => view.getFloat32(i * 4, true)
      : (i: number) => view.getFloat64(i * 8, true)
    : bits === 8
    ? (i: number) => view.getUint8(i)
    : bits === 16
    ? (i: number) => view.getUint16(i * 2, true)
    : (i: number) => view.getUint32(i * 4, true);
  const [min, max] = range ?? [0, 1];
  const scale = 255 / (max - min);
  let [least, most] = [0, 0];
  // A clamped array rounds, clamps, and turns NaN into 0.
  const out = new Uint8ClampedArray(count);
  for (let i = 0; i < count; i++) {
    const value = read(i);
    if (value < least) least = value;
    if (value > most) most = value;
    out[i] = (value - min) * scale;
  }
  if (!range && (least < -SLACK || most > 1 + SLACK)) {
    throw cannot(
      "decode a block",
      `its floating-point samples reach from ${least} to ${most}, and the file declares no range: set the values of black and white with --sample-range MIN,MAX (openSlide's sampleRange)`,
      { kind: RangeError },
    );
  }
  return new Uint8Array(out.buffer);
}
