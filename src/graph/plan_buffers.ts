/** A tensor's size and lifetime, from the step that writes it to the last that reads it. */
export interface Lifetime {
  /** Bytes. */
  readonly size: number;
  /** The step that writes it. */
  readonly first: number;
  /** The last step that reads it. */
  readonly last: number;
}

/** The assignment of tensors to buffers. */
export interface BufferPlan {
  /** Sizes of the buffers in bytes, largest first. */
  readonly sizes: readonly number[];
  /** The buffer's index for each lifetime. */
  readonly buffers: readonly number[];
}

// Pairs of tensors to compare over all attempts: takes a few milliseconds, and saves a tenth of the memory.
const EFFORT = 1e7;

/**
 * Shares buffers among tensors that are not needed at the same time. Places the largest tensor first, each in the buffer
 * that fits it best among those free for its lifetime (Pisarchyk, Lee 2020, arXiv 2001.03288, greedy by size), repeats this
 * with the order perturbed deterministically, and returns the plan with the fewest bytes.
 *
 * A buffer never holds both an operand and the result of one step, since WebGPU does not allow a dispatch to read and
 * write the same buffer.
 */
export function planBuffers(lifetimes: readonly Lifetime[]): BufferPlan {
  const least = peakBytes(lifetimes);
  const tries = Math.max(1, Math.floor(EFFORT / lifetimes.length ** 2));
  let best: BufferPlan | undefined;
  let bestSum = Infinity;
  for (let attempt = 0; attempt < tries && bestSum > least; attempt++) {
    const weights = lifetimes.map(({ size }, i) =>
      size * (1 + (attempt === 0 ? 0 : shake(attempt, i)))
    );
    const order = lifetimes.map((_, i) => i)
      .sort((a, b) => weights[b] - weights[a] || a - b);
    const plan = placeInOrder(lifetimes, order);
    const sum = plan.sizes.reduce((a, b) => a + b, 0);
    if (sum < bestSum) [best, bestSum] = [plan, sum];
  }
  return best ? sortBuffers(best) : { sizes: [], buffers: [] };
}

/** A pseudorandom fraction that depends only on the arguments. */
function shake(attempt: number, index: number): number {
  let bits = Math.imul(attempt, 0x9e3779b1) ^ Math.imul(index + 1, 0x85ebca6b);
  bits = Math.imul(bits ^ bits >>> 15, 0x2c1b3c6d);
  return ((bits ^ bits >>> 13) >>> 0) / 2 ** 32;
}

/** Gives each lifetime, in order, the free buffer that has to grow least, or else wastes least. */
function placeInOrder(
  lifetimes: readonly Lifetime[],
  order: readonly number[],
): BufferPlan {
  const sizes: number[] = [];
  const tenants: Lifetime[][] = [];
  const buffers = new Array<number>(lifetimes.length);
  for (const i of order) {
    const lifetime = lifetimes[i];
    let chosen = -1;
    let growth = lifetime.size; // the cost of a new buffer
    for (const [buffer, size] of sizes.entries()) {
      const grows = Math.max(0, lifetime.size - size);
      const better = grows < growth ||
        (grows === growth && chosen >= 0 && size < sizes[chosen]);
      if (better && tenants[buffer].every((other) => apart(other, lifetime))) {
        [chosen, growth] = [buffer, grows];
      }
    }
    if (chosen < 0) {
      chosen = sizes.push(0) - 1;
      tenants.push([]);
    }
    sizes[chosen] = Math.max(sizes[chosen], lifetime.size);
    tenants[chosen].push(lifetime);
    buffers[i] = chosen;
  }
  return { sizes, buffers };
}

function apart(a: Lifetime, b: Lifetime): boolean {
  return a.last < b.first || b.last < a.first;
}

/** The same plan with its largest buffer first. */
function sortBuffers({ sizes, buffers }: BufferPlan): BufferPlan {
  const order = sizes.map((_, i) => i).sort((a, b) => sizes[b] - sizes[a]);
  const place = order.map((_, i) => order.indexOf(i));
  return {
    sizes: order.map((i) => sizes[i]),
    buffers: buffers.map((buffer) => place[buffer]),
  };
}

/** The lower bound for any plan: the largest sum of sizes needed at one step. */
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
