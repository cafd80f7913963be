import { colorsOf, type MaskClass, rgbOf } from "../io/classes.ts";
import { usualClass } from "../masks/polygons/polygon_feature.ts";
import {
  type Classification,
  IGNORED,
  nameOfClass,
  OWN_CLASSES,
  REGION,
} from "./correction.ts";
import { formerClass } from "./edit_feature.ts";
import { parseJson } from "./raw_json.ts";

/** The classes of a slide's objects by their names, as they are written in its file. */
export class ClassTable {
  readonly #texts = new Map<string, string>();
  readonly #colors = new Map<string, Classification["color"]>();

  /**
   * Finds the classes of objects.
   *
   * @param features JSON of features.
   * @param run The classes of the run.
   */
  constructor(features: Iterable<string>, run: readonly MaskClass[] = []) {
    for (const text of features) {
      const found = formerClass(text);
      if (found !== null) this.#add(found);
    }
    const colors = colorsOf(run).map(rgbOf);
    const known = run.map(({ name }, i) => ({ name, color: colors[i] }));
    for (const one of [...known, ...OWN_CLASSES]) {
      if (!this.#texts.has(one.name)) this.#add(JSON.stringify(one));
    }
  }

  /** Those that an object may have; that of Tilewise if there are none. */
  get list(): readonly Classification[] {
    const list = [...this.#colors]
      .filter(([name]) => name !== IGNORED && name !== REGION)
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
    const text = JSON.stringify({ name, color });
    this.#add(text);
    return text;
  }

  #add(text: string): void {
    const classification = parseJson(text);
    const name = nameOfClass(classification);
    if (name === undefined || this.#texts.has(name)) return;
    this.#texts.set(name, text);
    const { color } = classification as { readonly color?: unknown };
    const isColor = Array.isArray(color) && color.length >= 3 &&
      color.every((value) => value >= 0 && value <= 255);
    this.#colors.set(
      name,
      isColor ? color.slice(0, 3) as [number, number, number] : [128, 128, 128],
    );
  }
}
