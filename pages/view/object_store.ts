// @deno-types="npm:@types/rbush@4.0.0"
import RBush from "rbush";
import type { ViewObject } from "../../src/view/description.ts";
import { GREEN } from "./color_table.ts";
import { kindOf } from "./object_styles.ts";
import { OutlinedObject } from "./outlined_object.ts";
import type { Bounds } from "./placement.ts";

export { OutlinedObject };

/** The color of an object, 0 to 255; without any, it has its own. */
export type Palette = (
  object: OutlinedObject,
) => readonly [red: number, green: number, blue: number] | undefined;

/** The objects of the page, by place, and which of them are shown. */
export class ObjectStore {
  readonly #all = new Map<string, OutlinedObject>();
  readonly #listeners: (() => void)[] = [];
  #others: ObjectStore | undefined;
  #palette: Palette | undefined;
  #index = new Index();
  #hidden: ReadonlySet<string> = new Set();
  #shown: OutlinedObject[] | undefined;
  /** Of objects that were removed, and may come back. */
  readonly #numbers = new Map<string, number>();
  #count = 0;

  /** Number of objects, shown or not, without those shown instead. */
  get size(): number {
    return this.#all.size;
  }

  /** All objects, in order. */
  get objects(): Iterable<OutlinedObject> {
    return (this.#others ?? this).#all.values();
  }

  /** Its own objects, shown or not. */
  get own(): Pick<ObjectStore, "objects" | "get" | "put" | "remove"> {
    const all = this.#all;
    return {
      get objects() {
        return all.values();
      },
      get: (id) => this.get(id),
      put: (objects) => this.put(objects),
      remove: (ids) => this.remove(ids),
    };
  }

  /** Whether others are shown instead. */
  get showsOthers(): boolean {
    return this.#others !== undefined;
  }

  /** Shows other objects instead, until it is called without; its own stay as they are, and can change. */
  showOthers(objects?: readonly ViewObject[]): void {
    this.#others = objects && new ObjectStore();
    this.#others?.put(objects!);
    this.#changed();
  }

  /** An object's color, for styles. */
  colorOf(object: OutlinedObject): string {
    const color = this.#palette?.(object) ?? object.color ?? GREEN;
    return `rgb(${color.join(" ")})`;
  }

  /** Draws the objects again, in other colors. */
  setPalette(palette: Palette | undefined): void {
    this.#palette = palette;
    this.#changed();
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

  /** The object with an id. */
  get(id: string): OutlinedObject | undefined {
    return this.#all.get(id);
  }

  /** Adds objects, or replaces those with the same id; they keep their number. */
  put(objects: readonly ViewObject[]): void {
    const added: OutlinedObject[] = [];
    for (const object of objects) {
      const id = object.id ?? `#${this.#count + 1}`;
      const old = this.#all.get(id);
      if (old) this.#index.remove(old);
      const number = old?.number ?? this.#numbers.get(id) ?? ++this.#count;
      const outlined = new OutlinedObject(object, number);
      this.#all.set(id, outlined);
      added.push(outlined);
    }
    this.#index.load(added);
    this.#changed();
  }

  /** Removes objects by their ids. */
  remove(ids: readonly string[]): void {
    for (const id of ids) {
      const old = this.#all.get(id);
      if (old) {
        this.#index.remove(old);
        this.#numbers.set(id, old.number);
      }
      this.#all.delete(id);
    }
    this.#changed();
  }

  /** Hides the classes of some names, and shows all others. */
  hide(names: ReadonlySet<string>): void {
    this.#hidden = names;
    this.#changed();
  }

  /** The shown objects that meet a rectangle. */
  within({ left, top, right, bottom }: Bounds): OutlinedObject[] {
    return (this.#others ?? this).#index
      .search({ minX: left, minY: top, maxX: right, maxY: bottom })
      .filter((object) => this.isShown(object));
  }

  /** The smallest shown object at a level-0 pixel; regions, in which there are others, only within `near` of their outline. */
  at(x: number, y: number, near = 0): OutlinedObject | undefined {
    testContext.lineWidth = 2 * near;
    return this.within({ left: x, right: x, top: y, bottom: y })
      .filter((object) =>
        kindOf(object) === "region"
          ? near > 0 && testContext.isPointInStroke(object.path, x, y)
          : testContext.isPointInPath(object.path, x, y, "evenodd")
      )
      .sort((a, b) => a.area - b.area)[0];
  }

  /** Calls back after each change of the objects or of what is shown. */
  onChange(listener: () => void): void {
    this.#listeners.push(listener);
  }

  #changed(): void {
    this.#shown = undefined;
    for (const listener of this.#listeners) listener();
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
