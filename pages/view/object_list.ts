import { formatCount } from "../../src/report/markup.ts";
import { formatArea, type Mpp } from "../shared/format.ts";
import { element } from "./element.ts";
import { isCounted, styleOf } from "./object_styles.ts";
import type { OutlinedObject } from "./object_store.ts";
import { revealRow, rowsInSight } from "./row_window.ts";

const ROW = 44; // pixels, as in the style sheet

const orders: Record<string, (a: OutlinedObject, b: OutlinedObject) => number> =
  {
    area: (a, b) => b.area - a.area,
    probability: (a, b) => (b.probability ?? 0) - (a.probability ?? 0),
    unsure: (a, b) => (a.probability ?? 0) - (b.probability ?? 0),
    place: (a, b) => a.top - b.top || a.left - b.left,
  };

/** The list of objects; only visible rows are in the page, so that long lists scroll well. */
export class ObjectList {
  readonly #all: () => readonly OutlinedObject[];
  readonly #mpp: Mpp | undefined;
  readonly #choose: (object: OutlinedObject) => void;
  readonly #colorOf: (object: OutlinedObject) => string;
  #sorted: OutlinedObject[] = [];
  #selected: OutlinedObject | undefined;

  constructor(
    objects: () => readonly OutlinedObject[],
    options: {
      readonly mpp?: Mpp;
      readonly choose: (object: OutlinedObject) => void;
      readonly colorOf: (object: OutlinedObject) => string;
    },
  ) {
    this.#all = objects;
    this.#mpp = options.mpp;
    this.#choose = options.choose;
    this.#colorOf = options.colorOf;
    const list = element("list");
    list.addEventListener("scroll", () => this.#draw());
    new ResizeObserver(() => this.#draw()).observe(list);
    list.addEventListener("keydown", (event) => {
      const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
      if (!step) return;
      event.preventDefault();
      event.stopPropagation();
      this.step(step);
    });
    element("rows").addEventListener("click", ({ target }) => {
      const row = (target as Element).closest<HTMLElement>(".object");
      if (row) this.#choose(this.#sorted[Number(row.dataset.index)]);
    });
    element<HTMLSelectElement>("sort")
      .addEventListener("change", () => this.refresh());
  }

  /** Updates the list. */
  refresh(): void {
    const { value } = element<HTMLSelectElement>("sort");
    const listed = this.#all();
    this.#sorted = [...listed].sort(orders[value]);
    const selected = this.#selected?.number;
    this.#selected = listed.find(({ number }) => number === selected);
    // Rejected objects and regions are listed, and counted only where nothing else is.
    const counted = listed.filter(isCounted);
    const all = counted.length > 0 ? counted : listed;
    const area = all.reduce((sum, object) => sum + object.area, 0);
    const some = all.length > 0;
    element("count").textContent = some ? formatCount(all.length) : "";
    element("sum").textContent = some
      ? `${formatArea(area, this.#mpp)} in total, ${
        formatArea(area / all.length, this.#mpp)
      } on average`
      : "";
    element("empty").hidden = some;
    element("list").hidden = !some;
    const sort = element<HTMLSelectElement>("sort");
    sort.hidden = !some;
    const rated = all.some(({ probability }) => probability !== undefined);
    for (const option of sort.options) {
      option.hidden = !rated && /probability|unsure/.test(option.value);
    }
    this.#draw();
  }

  /** Marks an object, and scrolls to it. */
  select(object: OutlinedObject | undefined): void {
    this.#selected = object;
    element("list").setAttribute(
      "aria-activedescendant",
      object ? `object-${object.number}` : "",
    );
    const index = object ? this.#sorted.indexOf(object) : -1;
    if (index >= 0) revealRow(element("list"), { index, row: ROW });
    this.#draw();
  }

  /** Chooses an object. */
  choose(object: OutlinedObject): void {
    this.#choose(object);
  }

  /** The next object of some kind after the selected one, in the order of the list, from its end on from its beginning. */
  after(is: (object: OutlinedObject) => boolean): OutlinedObject | undefined {
    const at = this.#selected ? this.#sorted.indexOf(this.#selected) : -1;
    return this.#sorted.slice(at + 1).find(is) ??
      this.#sorted.slice(0, at + 1).find(is);
  }

  /** Chooses the next object, or the one before. */
  step(by: number): void {
    if (this.#sorted.length === 0) return;
    const at = this.#selected ? this.#sorted.indexOf(this.#selected) : -1;
    const { length } = this.#sorted;
    const next = at < 0 ? (by > 0 ? 0 : length - 1) : at + by;
    this.#choose(this.#sorted[(next + length) % length]);
  }

  #draw(): void {
    const rows = element("rows");
    rows.style.height = `${this.#sorted.length * ROW}px`;
    const { first, last } = rowsInSight(element("list"), ROW);
    rows.replaceChildren(
      ...this.#sorted.slice(first, last).map((object, i) =>
        this.#row(object, first + i)
      ),
    );
  }

  #row(object: OutlinedObject, index: number): HTMLElement {
    const row = document.createElement("div");
    row.className = "object";
    row.dataset.index = String(index);
    row.style.top = `${index * ROW}px`;
    row.id = `object-${object.number}`;
    row.setAttribute("role", "option");
    row.setAttribute("aria-setsize", String(this.#sorted.length));
    row.setAttribute("aria-posinset", String(index + 1));
    row.setAttribute("aria-selected", String(object === this.#selected));
    const cell = (className: string, text = "") => {
      const span = document.createElement("span");
      span.className = className;
      span.textContent = text;
      row.append(span);
      return span;
    };
    cell("swatch").style.background = this.#colorOf(object);
    const { mark, word } = styleOf(object);
    const number = cell("number", `#${object.number}`);
    if (mark) {
      const sign = document.createElement("span");
      sign.className = "state";
      sign.textContent = mark;
      sign.title = word;
      sign.setAttribute("role", "img");
      sign.setAttribute("aria-label", word);
      number.append(" ", sign);
    }
    cell("area", formatArea(object.area, this.#mpp)).title = object.name ?? "";
    const { probability } = object;
    if (probability !== undefined) {
      const chance = cell("chance", probability.toFixed(2));
      const bar = document.createElement("i");
      bar.style.setProperty("--share", `${probability * 100}%`);
      chance.prepend(bar);
      chance.title = "mean probability";
    }
    return row;
  }
}
