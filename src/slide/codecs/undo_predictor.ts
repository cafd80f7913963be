/** Converts big-endian numbers of `size` bytes (2, 4 or 8) to little-endian, in place. */
export function swapBytes(bytes: Uint8Array, size: number): void {
  for (let start = 0; start + size <= bytes.length; start += size) {
    for (let i = start, j = start + size - 1; i < j; i++, j--) {
      const low = bytes[i];
      bytes[i] = bytes[j];
      bytes[j] = low;
    }
  }
}

/** Copies bytes whose lowest bit comes first (fill order 2). */
export function reverseBits(
  bytes: Uint8Array,
): Uint8Array<ArrayBuffer> {
  const table = Uint8Array.from({ length: 256 }, (_, byte) => {
    let reversed = 0;
    for (let bit = 0; bit < 8; bit++) reversed |= (byte >> bit & 1) << 7 - bit;
    return reversed;
  });
  return Uint8Array.from(bytes, (byte) => table[byte]);
}

/** How a block's bytes are laid out. */
export interface PredictorOptions {
  /** 2 horizontal differences, 3 floating point. */
  readonly predictor: number;
  /** Bits per sample: 8, 16, 32 or 64. */
  readonly bits: number;
  readonly samples: number;
  readonly rowBytes: number;
}

/**
 * Undoes a predictor in place. Samples are little-endian, but for those of predictor 3, which become so.
 *
 * Source: TIFF 6.0, section 14; Adobe's TIFF technical note 3.
 */
export function undoPredictor(
  bytes: Uint8Array,
  options: PredictorOptions,
): void {
  const { predictor, bits, samples, rowBytes } = options;
  const size = bits / 8;
  for (let start = 0; start < bytes.length; start += rowBytes) {
    const row = bytes.subarray(start, start + rowBytes);
    if (predictor === 3) {
      sumUp(row, samples);
      interleave(row, size);
    } else if (size === 1) {
      if (samples === 3) sumUpColors(row);
      else sumUp(row, samples);
    } else {
      const Numbers = size === 2
        ? Uint16Array
        : size === 4
        ? Uint32Array
        : BigUint64Array;
      // A copy where the row is not aligned, as typed arrays must be.
      const aligned = row.byteOffset % size === 0 ? row : row.slice();
      const numbers = new Numbers(
        aligned.buffer as ArrayBuffer,
        aligned.byteOffset,
        row.length / size,
      );
      sumUp(numbers as Uint16Array, samples);
      if (aligned !== row) row.set(aligned);
    }
  }
}

/** {@linkcode sumUp} for RGB, in half its time. */
function sumUpColors(row: Uint8Array): void {
  let red = 0, green = 0, blue = 0;
  for (let i = 0; i < row.length; i += 3) {
    row[i] = red = red + row[i] & 255;
    row[i + 1] = green = green + row[i + 1] & 255;
    row[i + 2] = blue = blue + row[i + 2] & 255;
  }
}

function sumUp(row: Uint8Array | Uint16Array, step: number): void {
  for (let i = step; i < row.length; i++) row[i] += row[i - step];
}

/** From all first bytes, then all second ones, the highest first, to numbers in little-endian order. */
function interleave(row: Uint8Array, size: number): void {
  const planes = row.slice();
  const count = row.length / size;
  for (let plane = 0; plane < size; plane++) {
    const at = size - 1 - plane;
    for (let i = 0; i < count; i++) {
      row[i * size + at] = planes[plane * count + i];
    }
  }
}
