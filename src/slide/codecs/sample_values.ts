/** How samples are stored. */
export interface StoredSamples {
  /** 1 to 32 for integers; 16, 32 or 64 for floats. */
  readonly bits: number;
  readonly float: boolean;
  readonly signed?: boolean;
  /** Samples per row; rows begin at whole bytes. */
  readonly width: number;
  readonly height: number;
}

/**
 * Keeps each sample as three bytes instead of one: a 32-bit float without its lowest 8 bits, the highest byte first, so that
 * integers of up to 16 bits are exact, and others to 1 in 65,536. NaN is 0.
 *
 * @param bytes Little-endian where samples have 16, 32 or 64 bits; packed from the highest bit otherwise.
 */
export function packValues(
  bytes: Uint8Array,
  { bits, float, signed = false, width, height }: StoredSamples,
): Uint8Array {
  const count = width * height;
  const values = new Float32Array(count);
  if (bits % 8 !== 0) unpackBits(bytes, values, { bits, width, height });
  else if (bits === 8 && !signed) values.set(bytes.subarray(0, count));
  else {
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    const read = readerOf(view, { bits, float, signed });
    for (let i = 0; i < count; i++) values[i] = read(i);
  }
  const words = new Uint32Array(values.buffer);
  const out = new Uint8Array(count * 3);
  for (let i = 0, j = 0; i < count; i++, j += 3) {
    const value = values[i];
    if (value !== value) continue;
    const word = words[i] + 128 >>> 8;
    out[j] = word >> 16;
    out[j + 1] = word >> 8;
    out[j + 2] = word;
  }
  return out;
}

function readerOf(
  view: DataView,
  { bits, float, signed }: {
    readonly bits: number;
    readonly float: boolean;
    readonly signed: boolean;
  },
): (i: number) => number {
  if (float) {
    return bits === 16
      ? (i) => view.getFloat16(i * 2, true)
      : bits === 32
      ? (i) => view.getFloat32(i * 4, true)
      : (i) => view.getFloat64(i * 8, true);
  }
  if (bits === 8) return (i) => view.getInt8(i);
  if (bits === 16) {
    return signed
      ? (i) => view.getInt16(i * 2, true)
      : (i) => view.getUint16(i * 2, true);
  }
  return signed
    ? (i) => view.getInt32(i * 4, true)
    : (i) => view.getUint32(i * 4, true);
}

function unpackBits(
  bytes: Uint8Array,
  values: Float32Array,
  { bits, width, height }: {
    readonly bits: number;
    readonly width: number;
    readonly height: number;
  },
): void {
  const rowBytes = Math.ceil(width * bits / 8);
  const most = 2 ** bits - 1;
  for (let row = 0, end = 0; row < height; row++) {
    let at = row * rowBytes;
    let [buffer, held] = [0, 0];
    for (let x = 0; x < width; x++) {
      while (held < bits) {
        buffer = (buffer << 8 | bytes[at++]) & 0xffffff;
        held += 8;
      }
      held -= bits;
      values[end++] = buffer >>> held & most;
    }
  }
}

/** One sample of each pixel, of samples that {@linkcode packValues} has kept. */
export function pickSample(
  packed: Uint8Array,
  { sample, samples }: { readonly sample: number; readonly samples: number },
): Uint8Array {
  if (samples === 1) return packed;
  const out = new Uint8Array(packed.length / samples);
  for (let from = sample * 3, to = 0; to < out.length; from += samples * 3) {
    out[to++] = packed[from];
    out[to++] = packed[from + 1];
    out[to++] = packed[from + 2];
  }
  return out;
}

/** The values that {@linkcode packValues} has kept. */
export function unpackValues(packed: Uint8Array): Float32Array<ArrayBuffer> {
  const words = new Uint32Array(packed.length / 3);
  for (let i = 0, j = 0; i < words.length; i++, j += 3) {
    words[i] = packed[j] << 24 | packed[j + 1] << 16 | packed[j + 2] << 8;
  }
  return new Float32Array(words.buffer);
}
