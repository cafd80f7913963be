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

/**
 * Adds a weighted prediction, flipped back, to the average probability; with `vote`, the weight where the probability is above
 * it. As shader `tile/accumulate.wgsl`.
 */
export function accumulate(
  logits: Float32Array,
  { side, flip, weight, vote }: {
    readonly side: number;
    readonly flip: Flip;
    readonly weight: number;
    readonly vote?: number;
  },
  probability: Float32Array,
): void {
  const step = flip.horizontal ? -1 : 1;
  const limit = vote === undefined ? -1 : Math.fround(vote);
  for (let y = 0; y < side; y++) {
    const row = (flip.vertical ? side - 1 - y : y) * side;
    let from = flip.horizontal ? row + side - 1 : row;
    for (let to = y * side; to < (y + 1) * side; to++, from += step) {
      const odds = 1 + Math.exp(-logits[from]);
      if (vote === undefined) probability[to] += Math.fround(weight / odds);
      else if (Math.fround(1 / odds) > limit) probability[to] += weight;
    }
  }
}

/**
 * Adds a weighted prediction of several classes, flipped back, to their average probabilities. As shader
 * `tile/accumulate_classes.wgsl`.
 */
export function accumulateClasses(
  logits: Float32Array,
  { side, flip, weight, classes, softmax }: {
    readonly side: number;
    readonly flip: Flip;
    readonly weight: number;
    readonly classes: number;
    readonly softmax: boolean;
  },
  probability: Float32Array,
): void {
  if (!softmax) {
    const pixels = side * side;
    for (let k = 0; k < classes; k++) {
      const [start, end] = [k * pixels, (k + 1) * pixels];
      accumulate(
        logits.subarray(start, end),
        { side, flip, weight },
        probability.subarray(start, end),
      );
    }
    return;
  }
  const pixels = side * side;
  const channels = classes + 1;
  const shares = new Float64Array(channels);
  for (let to = 0; to < pixels; to++) {
    const [x, y] = [to % side, Math.floor(to / side)];
    const from = (flip.vertical ? side - 1 - y : y) * side +
      (flip.horizontal ? side - 1 - x : x);
    let largest = logits[from];
    for (let k = 1; k < channels; k++) {
      largest = Math.max(largest, logits[k * pixels + from]);
    }
    let sum = 0;
    for (let k = 0; k < channels; k++) {
      sum += shares[k] = Math.exp(logits[k * pixels + from] - largest);
    }
    for (let k = 0; k < classes; k++) {
      probability[k * pixels + to] += Math.fround(
        weight * shares[k + 1] / sum,
      );
    }
  }
}

/** The center of votes as bytes. As shader `tile/finish.wgsl` without enlarging. */
export function centerBytes(
  votes: Float32Array,
  side: number,
  bytes: Uint8Array,
): void {
  const center = Math.sqrt(bytes.length);
  const margin = (side - center) / 2;
  for (let y = 0, to = 0; y < center; y++) {
    const row = (y + margin) * side + margin;
    for (let x = 0; x < center; x++, to++) {
      bytes[to] = 255 * votes[row + x] + 0.5;
    }
  }
}

/** Where the results of {@linkcode finish} go. */
export interface FinishedTile {
  readonly mask: Uint8Array;
  readonly full?: Float32Array;
  readonly bytes?: Uint8Array;
  readonly fulls?: readonly Float32Array[];
  readonly planes?: readonly Uint8Array[];
  readonly votes?: Uint8Array;
}

/** What the results of a tile are. */
export interface ResultKind {
  /** Side of the results. */
  readonly span: number;
  readonly classes: number;
  readonly probability: boolean;
  readonly probability8: boolean;
  readonly probabilities: boolean;
  readonly probabilities8: boolean;
  /** Side of the votes. Default: there are none. */
  readonly votes?: number;
}

/** Bytes of the results of a tile. */
export function resultBytes(kind: ResultKind): number {
  return layoutOf(kind).end;
}

/** Where the results begin, in the order of their bytes: the mask first, and bytes of all classes last. */
function layoutOf(
  { span, classes, ...keep }: ResultKind,
) {
  const count = span ** 2;
  const whole = Math.ceil(count / 4) * 4;
  const full = whole;
  const fulls = full + (keep.probability ? count * 4 : 0);
  const bytes = fulls + (keep.probabilities ? classes * count * 4 : 0);
  const planes = bytes + (keep.probability8 ? count : 0);
  const votes = planes + (keep.probabilities8 ? classes * count : 0);
  const end = votes + (keep.votes ?? 0) ** 2;
  return { count, full, fulls, bytes, planes, votes, end };
}

/** The results in their bytes. */
export function resultViews(
  buffer: ArrayBuffer,
  kind: ResultKind,
): FinishedTile {
  const { count, full, fulls, bytes, planes, votes } = layoutOf(kind);
  const ofEach = <T>(view: (k: number) => T) =>
    Array.from({ length: kind.classes }, (_, k) => view(k));
  return {
    mask: new Uint8Array(buffer, 0, count),
    full: kind.probability ? new Float32Array(buffer, full, count) : undefined,
    bytes: kind.probability8 ? new Uint8Array(buffer, bytes, count) : undefined,
    fulls: kind.probabilities
      ? ofEach((k) => new Float32Array(buffer, fulls + k * count * 4, count))
      : undefined,
    planes: kind.probabilities8
      ? ofEach((k) => new Uint8Array(buffer, planes + k * count, count))
      : undefined,
    votes: kind.votes
      ? new Uint8Array(buffer, votes, kind.votes ** 2)
      : undefined,
  };
}

/**
 * Converts probability maps to a mask: upsample bilinearly, crop the center, choose a class, threshold. As shader
 * `tile/finish.wgsl`.
 */
export function finish(
  probability: Float32Array,
  { side, center, span, classes = 1, threshold }:
    & Pick<FinishParams, "side" | "center" | "span" | "classes">
    & { readonly threshold: number },
  { mask, full, bytes, fulls, planes }: FinishedTile,
): void {
  const { low, high, share } = sourcesOf({ side, center, span });
  const limit = Math.fround(threshold);
  const line = new Float32Array(side);
  const best = new Float32Array(span);
  for (let y = 0; y < span; y++) {
    // Rows first, then columns: a row is needed for all of its pixels.
    const t = share[y];
    for (let k = 0; k < classes; k++) {
      const top = (k * side + low[y]) * side;
      const bottom = (k * side + high[y]) * side;
      for (let x = low[0]; x <= high[span - 1]; x++) {
        line[x] = probability[top + x] * (1 - t) + probability[bottom + x] * t;
      }
      for (let x = 0, to = y * span; x < span; x++, to++) {
        const p = Math.fround(
          line[low[x]] * (1 - share[x]) + line[high[x]] * share[x],
        );
        if (fulls) fulls[k][to] = p;
        if (planes) planes[k][to] = 255 * p + 0.5;
        if (k > 0 && p <= best[x]) continue;
        best[x] = p;
        mask[to] = k + 1;
      }
    }
    for (let x = 0, to = y * span; x < span; x++, to++) {
      if (!(best[x] > limit)) mask[to] = 0;
      if (full) full[to] = best[x];
      if (bytes) bytes[to] = 255 * best[x] + 0.5;
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
