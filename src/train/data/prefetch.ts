/** Options for {@linkcode prefetch}. */
export interface PrefetchOptions {
  /** Results that may wait for the consumer, in addition to the current one. */
  readonly ahead: number;
  /** Maximum number of concurrent calls. */
  readonly atOnce: number;
  /** Stops early with the signal's reason. */
  readonly signal?: AbortSignal;
}

/**
 * Calls `work` for each item and yields the results in the items' order. It works ahead only as far as the options allow,
 * so that a slow consumer slows it down. When it ends, early or not, all calls have ended.
 */
export async function* prefetch<Item, Result>(
  items: Iterable<Item>,
  work: (item: Item, signal: AbortSignal) => Promise<Result>,
  { ahead, atOnce, signal: outer }: PrefetchOptions,
): AsyncGenerator<Result, void, undefined> {
  const stop = new AbortController();
  const signal = outer ? AbortSignal.any([outer, stop.signal]) : stop.signal;
  const iterator = items[Symbol.iterator]();
  const waiting: Promise<Result>[] = [];
  const active = new Set<Promise<unknown>>();
  let exhausted = false;
  const start = () => {
    while (
      !exhausted && !signal.aborted && waiting.length <= ahead &&
      active.size < atOnce
    ) {
      const { done, value } = iterator.next();
      if (done) {
        exhausted = true;
        return;
      }
      const result = work(value, signal);
      // A failure is thrown in its turn, or not at all after an early end.
      const settled = result.then(() => {}, () => {}).then(() => {
        active.delete(settled);
        start();
      });
      active.add(settled);
      waiting.push(result);
    }
  };
  try {
    while (true) {
      signal.throwIfAborted();
      start();
      const next = waiting[0];
      if (!next) return;
      const result = await next;
      signal.throwIfAborted();
      yield result;
      waiting.shift(); // only now, so that the result that the consumer holds counts
    }
  } finally {
    stop.abort();
    await Promise.all(active);
  }
}
