/**
 * Calls `look` with each item and passes the item on unchanged, for example to draw an overview or to count tiles. If
 * `look` returns a promise, the item waits for it.
 *
 * @example Count what passes
 * ```ts
 * import { tap } from "@tilewise/tilewise";
 *
 * async function* letters() {
 *   yield* "abc";
 * }
 * let count = 0;
 * for await (const _ of tap(letters(), () => void count++));
 * console.log(count); // 3
 * ```
 */
export async function* tap<T>(
  items: AsyncIterable<T>,
  look: (item: T) => void | Promise<void>,
): AsyncGenerator<T, void, undefined> {
  for await (const item of items) {
    await look(item);
    yield item;
  }
}
