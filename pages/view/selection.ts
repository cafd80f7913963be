import type { ObjectStore, OutlinedObject } from "./object_store.ts";

/** The selected objects, by their numbers, which stay as objects change. */
export class Selection {
  readonly #store: ObjectStore;
  readonly #listeners: (() => void)[] = [];
  #numbers: ReadonlySet<number> = new Set();

  constructor(store: ObjectStore) {
    this.#store = store;
  }

  /** The selected objects, in the order of the page. */
  get objects(): OutlinedObject[] {
    if (this.#numbers.size === 0) return [];
    return [...this.#store.objects].filter((object) => this.has(object));
  }

  /** The selected object, if it is one. */
  get only(): OutlinedObject | undefined {
    const { objects } = this;
    return objects.length === 1 ? objects[0] : undefined;
  }

  /** Whether an object is selected. */
  has({ number }: OutlinedObject): boolean {
    return this.#numbers.has(number);
  }

  /** Selects these objects alone. */
  set(objects: readonly OutlinedObject[]): void {
    this.#numbers = new Set(objects.map(({ number }) => number));
    for (const listener of this.#listeners) listener();
  }

  /** Selects an object as well, or no longer. */
  toggle(object: OutlinedObject): void {
    const others = this.objects.filter((one) => one !== object);
    this.set(this.has(object) ? others : [...others, object]);
  }

  /** Calls back when other objects are selected. */
  onChange(listener: () => void): void {
    this.#listeners.push(listener);
  }
}
