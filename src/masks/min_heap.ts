/** A priority queue that returns the value of the least key first. */
export class MinHeap<T> {
  readonly #items: { readonly key: number; readonly value: T }[] = [];

  /** Adds a value. */
  push(key: number, value: T): void {
    const items = this.#items;
    const item = { key, value };
    let at = items.length;
    items.push(item);
    while (at > 0) {
      const parent = (at - 1) >>> 1;
      if (items[parent].key <= key) break;
      items[at] = items[parent];
      at = parent;
    }
    items[at] = item;
  }

  /** Removes and returns the value of the least key, or `undefined`. */
  pop(): { readonly key: number; readonly value: T } | undefined {
    const items = this.#items;
    const least = items[0];
    const last = items.pop();
    if (!last || items.length === 0) return least;
    let at = 0;
    while (true) {
      let child = at * 2 + 1;
      if (child >= items.length) break;
      if (
        child + 1 < items.length && items[child + 1].key < items[child].key
      ) child++;
      if (items[child].key >= last.key) break;
      items[at] = items[child];
      at = child;
    }
    items[at] = last;
    return least;
  }
}
