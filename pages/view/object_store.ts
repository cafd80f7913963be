// @deno-types="npm:@types/rbush@4.0.0"
import RBush from "rbush";
import type { ViewObject } from "../../src/view/description.ts";
import { OutlinedObject } from "./outlined_object.ts";
import type { Bounds } from "./placement.ts";

export { OutlinedObject };

/** The objects of the page, by place, and which of them are shown. */
export class ObjectStore {
  readonly #own = new ObjectSet();
  readonly #listeners: (() => void)[] = [];
  #others: ObjectSet | undefined;
  #hidden: ReadonlySet<string> = new Set();
  #shown: OutlinedObject[] | undefined;

  /** Number of its own objects, shown or not. */
  get size(): number {
    return this.#own.all.size;
  }

  /** Whether others are shown instead of its own. */
  get showsOthers(): boolean {
    return this.#others !== undefined;
  }

  /** All objects, in order. */
  get objects(): Iterable<OutlinedObject> {
    return this.#set.all.values();
  }

  /** The objects of classes that are shown, in order. */
  get shown(): readonly OutlinedObject[] {
    this.#shown ??= [...this.objects]
      .filter((object) => this.isShown(object));
    return this.#shown;
  }

  /** Whether an object's class is shown. */
  isShown({ name }: ViewObject): boolean {
    return !this.#hidden.has(name ?? "");
  }

  /** The one of its own objects with an id. */
  get(id: string): OutlinedObject | undefined {
    return this.#own.all.get(id);
  }

  /** Shows other objects instead of its own, which stay as they are; without any, its own again. */
  showOthers(objects?: readonly ViewObject[]): void {
    this.#others = objects && new ObjectSet();
    this.#others?.put(objects!);
    this.#changed();
  }

  /** Adds objects, or replaces those with the same id; they keep their number. */
  put(objects: readonly ViewObject[]): void {
    this.#own.put(objects);
    this.#changed();
  }

  /** Removes objects by their ids. */
  remove(ids: readonly string[]): void {
    this.#own.remove(ids);
    this.#changed();
  }

  /** Hides the classes of some names, and shows all others. */
  hide(names: ReadonlySet<string>): void {
    this.#hidden = names;
    this.#changed();
  }

  /** The shown objects that meet a rectangle. */
  within({ left, top, right, bottom }: Bounds): OutlinedObject[] {
    return this.#set.index
      .search({ minX: left, minY: top, maxX: right, maxY: bottom })
      .filter((object) => this.isShown(object));
  }

  /** The smallest shown object at a level-0 pixel. */
  at(x: number, y: number): OutlinedObject | undefined {
    return this.within({ left: x, right: x, top: y, bottom: y })
      .filter(({ path }) => testContext.isPointInPath(path, x, y, "evenodd"))
      .sort((a, b) => a.area - b.area)[0];
  }

  /** Calls back after each change of the objects or of what is shown. */
  onChange(listener: () => void): void {
    this.#listeners.push(listener);
  }

  get #set(): ObjectSet {
    return this.#others ?? this.#own;
  }

  #changed(): void {
    this.#shown = undefined;
    for (const listener of this.#listeners) listener();
  }
}

/** Objects by id and by place. */
class ObjectSet {
  readonly all = new Map<string, OutlinedObject>();
  readonly index = new Index();
  #count = 0;

  put(objects: readonly ViewObject[]): void {
    const added: OutlinedObject[] = [];
    for (const object of objects) {
      const id = object.id ?? `#${this.#count + 1}`;
      const old = this.all.get(id);
      if (old) this.index.remove(old);
      const number = old?.number ?? ++this.#count;
      const outlined = new OutlinedObject(object, number);
      this.all.set(id, outlined);
      added.push(outlined);
    }
    this.index.load(added);
  }

  remove(ids: readonly string[]): void {
    for (const id of ids) {
      const old = this.all.get(id);
      if (old) this.index.remove(old);
      this.all.delete(id);
    }
  }
}

/** Objects by their bounds. */
class Index extends RBush<OutlinedObject> {
  override toBBox({ left, top, right, bottom }: OutlinedObject) {
    return { minX: left, minY: top, maxX: right, maxY: bottom };
  }
  override compareMinX(a: OutlinedObject, b: OutlinedObject) {
    return a.left - b.left;
  }
  override compareMinY(a: OutlinedObject, b: OutlinedObject) {
    return a.top - b.top;
  }
}

const testContext = document.createElement("canvas").getContext("2d")!;
