/// <reference lib="dom" />
import { formatCount } from "../../src/report/markup.ts";
import type { ViewObject } from "../../src/view/description.ts";
import { colorKey, GREEN } from "./color_table.ts";
import { element } from "./element.ts";
import { kindOf } from "./object_styles.ts";

/** Classes from which on one check box shows or hides all. */
const MANY = 4;

/** A class in the legend. */
interface Line {
  readonly check: HTMLInputElement;
  /** The number of its objects. */
  readonly count: HTMLElement;
  readonly color: number;
}

/** The classes of the objects, if there are several: name, color and number of each, to show or hide. */
export class ClassLegend {
  readonly #change: (
    hidden: ReadonlySet<string>,
    colors: ReadonlySet<number>,
  ) => void;
  readonly #lines = new Map<string, Line>();
  #all: Line | undefined;

  /**
   * Makes an empty legend.
   *
   * @param change Called with the names of hidden classes, and the colors that no other class has.
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
    if (classes.size < 2 && this.#lines.size === 0) return;
    element("classes").hidden = false;
    for (const { count } of this.#lines.values()) count.textContent = "0";
    for (const [name, own] of classes) {
      const line = this.#lines.get(name) ?? this.#add(name, own[0]);
      const counted = own.filter((object) => kindOf(object) !== "rejected");
      line.count.textContent = formatCount(counted.length);
    }
    if (this.#lines.size < MANY) return;
    this.#all ??= this.#addAll();
    this.#all.count.textContent = formatCount(objects.length);
    this.#checkAll();
  }

  #add(name: string, { color = GREEN }: ViewObject): Line {
    const line = makeLine(name || "Unclassified", colorKey(...color));
    const swatch = document.createElement("span");
    swatch.className = "swatch";
    swatch.style.background = `rgb(${color.join(" ")})`;
    line.count.before(swatch);
    line.check.addEventListener("input", () => this.#tell());
    this.#lines.set(name, line);
    return line;
  }

  #addAll(): Line {
    const line = makeLine("All classes", -1);
    const first = element("classes").querySelector(".layer")!;
    first.before(line.check.closest(".layer")!);
    line.check.addEventListener("input", () => {
      const { checked } = line.check;
      for (const { check } of this.#lines.values()) check.checked = checked;
      this.#tell();
    });
    return line;
  }

  #checkAll(): void {
    if (!this.#all) return;
    const shown =
      [...this.#lines.values()].filter(({ check }) => check.checked).length;
    const { check } = this.#all;
    check.checked = shown === this.#lines.size;
    check.indeterminate = shown > 0 && shown < this.#lines.size;
  }

  #tell(): void {
    this.#checkAll();
    const lines = [...this.#lines];
    const hidden = lines.filter(([, { check }]) => !check.checked);
    const shown = lines.filter(([, { check }]) => check.checked);
    const seen = new Set(shown.map(([, { color }]) => color));
    const colors = hidden.map(([, { color }]) => color);
    this.#change(
      new Set(hidden.map(([name]) => name)),
      new Set(colors.filter((color) => !seen.has(color))),
    );
  }
}

function makeLine(name: string, color: number): Line {
  const label = document.createElement("label");
  const check = document.createElement("input");
  check.type = "checkbox";
  check.checked = true;
  const text = document.createElement("span");
  text.textContent = text.title = name;
  const count = document.createElement("span");
  count.className = "tally";
  label.append(check, text, count);
  const group = document.createElement("div");
  group.className = "layer";
  group.append(label);
  element("classes").append(group);
  return { check, count, color };
}
