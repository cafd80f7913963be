/** Does work for each item, so many at a time; after the first error, which is thrown, none begins. */
export async function eachOf<T>(
  items: Iterable<T>,
  count: number,
  work: (item: T) => Promise<void>,
): Promise<void> {
  const queue = Iterator.from(items);
  let ended = false;
  const workers = Array.from({ length: count }, async () => {
    try {
      while (!ended) {
        const next = queue.next();
        if (next.done) break;
        await work(next.value);
      }
    } finally {
      ended = true;
    }
  });
  await Promise.allSettled(workers);
  await Promise.all(workers);
}
