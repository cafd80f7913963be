/// <reference lib="dom" />
import { formatCount } from "../../src/report/markup.ts";
import type { ViewObject } from "../../src/view/description.ts";
import { colorKey, GREEN } from "./color_table.ts";
import { element } from "./element.ts";
import { kindOf } from "./object_styles.ts";

/** The classes of the objects, if there are several: name, color and number of each, to show or hide. */
export class ClassLegend {
  readonly #change: (
    hidden: ReadonlySet<string>,
    colors: ReadonlySet<number>,
  ) => void;
  /** For each class, its line's check box and the number of its objects on it. */
  readonly #lines = new Map<
    string,
    { check: HTMLInputElement; count: HTMLElement; color: number }
  >();

  /**
   * Makes an empty legend.
   *
   * @param change Called with the names and the colors of hidden classes.
   */
  constructor(
    change: (
      hidden: ReadonlySet<string>,
      colors: ReadonlySet<number>,
    ) => void,
  ) {
    this.#change = change;
  }

  /** Counts the objects again. */
  refresh(objects: readonly ViewObject[]): void {
    const classes = Map.groupBy(objects, ({ name }) => name ?? "");
    if (classes.size < 2) return;
    element("classes").hidden = false;
    for (const [name, own] of classes) {
      const line = this.#lines.get(name) ??
        this.#add(name, own[0].color ?? GREEN);
      const counted = own.filter((object) => kindOf(object) !== "rejected");
      line.count.textContent = formatCount(counted.length);
    }
  }

  #add(name: string, color: readonly [number, number, number]) {
    const label = document.createElement("label");
    const check = document.createElement("input");
    check.type = "checkbox";
    check.checked = true;
    check.addEventListener("input", () => this.#tell());
    const text = document.createElement("span");
    text.textContent = name || "Unclassified";
    const swatch = document.createElement("span");
    swatch.className = "swatch";
    swatch.style.background = `rgb(${color.join(" ")})`;
    const count = document.createElement("span");
    count.className = "tally";
    label.append(check, text, swatch, count);
    const group = document.createElement("div");
    group.className = "layer";
    group.append(label);
    element("classes").append(group);
    const line = { check, count, color: colorKey(...color) };
    this.#lines.set(name, line);
    return line;
  }

  #tell(): void {
    const hidden = [...this.#lines].filter(([, { check }]) => !check.checked);
    this.#change(
      new Set(hidden.map(([name]) => name)),
      new Set(hidden.map(([, { color }]) => color)),
    );
  }
}
