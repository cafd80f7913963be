import type { FinishParams, Flip, Normalization } from "../kernels/tile.ts";

/**
 * Converts a tile of 8-bit RGB to a network's input, three planes: flip, normalize. As shader `tile/load_tile.wgsl`.
 *
 * @param output Gets the planes of red, green and blue.
 */
export function loadTile(
  picture: Uint8Array,
  { side, flip, normalization: { mean, std } }: {
    readonly side: number;
    readonly flip: Flip;
    readonly normalization: Normalization;
  },
  output: Float32Array,
): void {
  const f = Math.fround;
  // Rounded to 32 bits after each step, as on a GPU.
  const tables = [0, 1, 2].map((channel) =>
    Float32Array.from(
      { length: 256 },
      (_, byte) => f(f(byte / 255) - f(mean[channel])) / f(std[channel]),
    )
  );
  const pixels = side * side;
  for (let y = 0; y < side; y++) {
    const row = (flip.vertical ? side - 1 - y : y) * side;
    const step = flip.horizontal ? -3 : 3;
    for (const [channel, table] of tables.entries()) {
      let at = (flip.horizontal ? row + side - 1 : row) * 3 + channel;
      const to = channel * pixels + y * side;
      for (let x = 0; x < side; x++, at += step) {
        output[to + x] = table[picture[at]];
      }
    }
  }
}

/** Adds a weighted prediction, flipped back, to the average probability. As shader `tile/accumulate.wgsl`. */
export function accumulate(
  logits: Float32Array,
  { side, flip, weight }: {
    readonly side: number;
    readonly flip: Flip;
    readonly weight: number;
  },
  probability: Float32Array,
): void {
  const step = flip.horizontal ? -1 : 1;
  for (let y = 0; y < side; y++) {
    const row = (flip.vertical ? side - 1 - y : y) * side;
    let from = flip.horizontal ? row + side - 1 : row;
    for (let to = y * side; to < (y + 1) * side; to++, from += step) {
      probability[to] += Math.fround(weight / (1 + Math.exp(-logits[from])));
    }
  }
}

/** Where the results of {@linkcode finish} go. */
export interface FinishedTile {
  readonly mask: Uint8Array;
  readonly full?: Float32Array;
  readonly bytes?: Uint8Array;
}

/** What the results of a tile are. */
export interface ResultKind {
  /** Side of the results. */
  readonly span: number;
  readonly probability: boolean;
  readonly probability8: boolean;
}

/** Bytes of the results of a tile. */
export function resultBytes(
  { span, probability, probability8 }: ResultKind,
): number {
  const count = span ** 2;
  return Math.ceil(count / 4) * 4 + (probability ? count * 4 : 0) +
    (probability8 ? count : 0);
}

/** Results in the order of their bytes: mask, probabilities, probabilities as bytes. */
export function resultViews(
  buffer: ArrayBuffer,
  { span, probability, probability8 }: ResultKind,
): FinishedTile {
  const count = span ** 2;
  const whole = Math.ceil(count / 4) * 4;
  return {
    mask: new Uint8Array(buffer, 0, count),
    full: probability ? new Float32Array(buffer, whole, count) : undefined,
    bytes: probability8
      ? new Uint8Array(buffer, whole + (probability ? count * 4 : 0), count)
      : undefined,
  };
}

/**
 * Converts a probability map to a mask: upsample bilinearly, crop the center, threshold. As shader `tile/finish.wgsl`.
 */
export function finish(
  probability: Float32Array,
  { side, center, span, threshold }:
    & Pick<FinishParams, "side" | "center" | "span">
    & { readonly threshold: number },
  { mask, full, bytes }: FinishedTile,
): void {
  const { low, high, share } = sourcesOf({ side, center, span });
  const limit = Math.fround(threshold);
  const line = new Float32Array(side);
  for (let y = 0; y < span; y++) {
    // Rows first, then columns: a row is needed for all of its pixels.
    const t = share[y];
    const [top, bottom] = [low[y] * side, high[y] * side];
    for (let x = low[0]; x <= high[span - 1]; x++) {
      line[x] = probability[top + x] * (1 - t) + probability[bottom + x] * t;
    }
    for (let x = 0, to = y * span; x < span; x++, to++) {
      const p = Math.fround(
        line[low[x]] * (1 - share[x]) + line[high[x]] * share[x],
      );
      mask[to] = p > limit ? 1 : 0;
      if (full) full[to] = p;
      if (bytes) bytes[to] = 255 * p + 0.5;
    }
  }
}

/** The two source pixels of each result pixel along an axis, and the share of the second. */
function sourcesOf(
  { side, center, span }: Pick<FinishParams, "side" | "center" | "span">,
): {
  readonly low: Int32Array;
  readonly high: Int32Array;
  readonly share: Float32Array;
} {
  const low = new Int32Array(span);
  const high = new Int32Array(span);
  const share = new Float32Array(span);
  for (let i = 0; i < span; i++) {
    // In units of 1/(2 span) of a pixel.
    const position = (2 * i + 1) * center + (side - center) * span;
    const source = Math.max(position, span) - span;
    low[i] = Math.floor(source / (2 * span));
    high[i] = Math.min(low[i] + 1, side - 1);
    share[i] = source % (2 * span) / (2 * span);
  }
  return { low, high, share };
}
