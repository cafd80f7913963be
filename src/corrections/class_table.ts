import { colorsOf, type MaskClass, rgbOf } from "../io/classes.ts";
import { usualClass } from "../masks/polygons/polygon_feature.ts";
import {
  type Classification,
  ignoredClass,
  nameOfClass,
  regionClass,
} from "./correction.ts";

/** The classes of a slide's objects, by their names. */
export class ClassTable {
  readonly #texts = new Map<string, string>();
  readonly #colors = new Map<string, Classification["color"]>();

  /**
   * Takes the classes of objects, as QuPath writes them; of those with one name, the first counts.
   *
   * @param run The classes of the run.
   */
  constructor(found: Iterable<unknown>, run: readonly MaskClass[] = []) {
    const colors = colorsOf(run).map(rgbOf);
    const known = run.map(({ name }, i) => ({ name, color: colors[i] }));
    for (const one of [...found, ...known, ignoredClass, regionClass]) {
      this.#add(one);
    }
  }

  /** Those that an object may have; that of Tilewise if there are none. */
  get list(): readonly Classification[] {
    const list = [...this.#colors]
      .filter(([name]) =>
        name !== ignoredClass.name && name !== regionClass.name
      )
      .map(([name, color]) => ({ name, color }));
    return list.length > 0 ? list : [usualClass];
  }

  /** The JSON of a class; a new one gets a color that the others do not have. */
  textOf(name: string): string {
    const known = this.#texts.get(name);
    if (known !== undefined) return known;
    const others = this.list.map(({ name, color }) => ({
      name,
      color: `#${
        color.map((byte) => byte.toString(16).padStart(2, "0")).join("")
      }`,
    }));
    const color = name === usualClass.name
      ? usualClass.color
      : rgbOf(colorsOf([...others, { name }]).at(-1)!);
    this.#add({ name, color });
    return this.#texts.get(name)!;
  }

  #add(classification: unknown): void {
    const name = nameOfClass(classification);
    if (name === undefined || this.#texts.has(name)) return;
    this.#texts.set(name, JSON.stringify(classification));
    const { color } = classification as { readonly color?: unknown };
    const isColor = Array.isArray(color) && color.length >= 3 &&
      color.every((value) => value >= 0 && value <= 255);
    this.#colors.set(
      name,
      isColor ? color.slice(0, 3) as [number, number, number] : [128, 128, 128],
    );
  }
}
