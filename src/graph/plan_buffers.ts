/** A tensor's size and when it is needed: from the step that makes it to the last that reads it. */
export interface Lifetime {
  /** Bytes. */
  readonly size: number;
  /** The step that writes it. */
  readonly first: number;
  /** The last step that reads it. */
  readonly last: number;
}

/** Which buffer each tensor lives in. */
export interface BufferPlan {
  /** Sizes of the buffers in bytes, largest first. */
  readonly sizes: readonly number[];
  /** A buffer's index for each lifetime. */
  readonly buffers: readonly number[];
}

/**
 * Shares buffers among tensors that are not needed at the same time: largest tensor first, each into the buffer that
 * fits it best among those that are free for its lifetime (Pisarchyk, Lee 2020, arXiv 2001.03288, greedy by size).
 *
 * Each buffer is one GPU buffer and never holds both an operand and the result of one step, since WebGPU does not allow
 * a buffer to be read and written in one dispatch.
 */
export function planBuffers(lifetimes: readonly Lifetime[]): BufferPlan {
  const order = lifetimes.map((_, i) => i)
    .sort((a, b) => lifetimes[b].size - lifetimes[a].size || a - b);
  const sizes: number[] = [];
  const tenants: Lifetime[][] = [];
  const buffers = new Array<number>(lifetimes.length);
  for (const i of order) {
    const lifetime = lifetimes[i];
    // Buffers are made in descending size, so the last that is free wastes least.
    let chosen = tenants.findLastIndex((others) =>
      others.every((other) =>
        other.last < lifetime.first || lifetime.last < other.first
      )
    );
    if (chosen < 0) {
      chosen = sizes.push(lifetime.size) - 1;
      tenants.push([]);
    }
    tenants[chosen].push(lifetime);
    buffers[i] = chosen;
  }
  return { sizes, buffers };
}

/** The least that any plan needs: the largest sum of sizes that are needed at one step. */
export function peakBytes(lifetimes: readonly Lifetime[]): number {
  let peak = 0;
  for (const { first } of lifetimes) {
    let sum = 0;
    for (const other of lifetimes) {
      if (other.first <= first && first <= other.last) sum += other.size;
    }
    peak = Math.max(peak, sum);
  }
  return peak;
}
