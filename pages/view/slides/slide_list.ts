/// <reference lib="dom" />
import { formatCount, formatNumber } from "../../../src/report/markup.ts";
import type { SlideItem, SlideState } from "../../../src/view/view.ts";
import { element } from "../element.ts";
import type { KeyTable } from "../key_table.ts";
import { goToSlide } from "./address_bar.ts";
import { Thumbnails } from "./thumbnails.ts";
import { revealRow, rowsInSight } from "../row_window.ts";

const ROW = 56; // pixels, as in the style sheet
/** Milliseconds before the states are asked for, since the slide comes first, and between later times. */
const [FIRST, PAUSE] = [300, 15_000];
/** Milliseconds before thumbnails of a list that scrolls. */
const REST = 100;
/** Where the filter is kept while the page begins anew with another slide. */
const FILTER = "slide-filter";

const STATES: Record<SlideState, string> = {
  running: "Running",
  done: "Done",
  corrected: "Corrected",
  failed: "Cannot be opened",
};

/** The list of slides, if there are several; only visible rows are in the page, so that long lists scroll well. */
export class SlideList {
  readonly #number: number;
  readonly #thumbnails = new Thumbnails(() => this.#draw());
  #slides: readonly SlideItem[];
  /** Whether the states have been asked for. */
  #isKnown = false;
  /** Numbers of those that the filter leaves. */
  #shown: readonly number[] = [];
  /** The row that Enter opens, by its place in the list. */
  #cursor: number;
  #timer: ReturnType<typeof setTimeout> | undefined;

  /** @param number The slide that is shown. */
  constructor(
    slides: readonly SlideItem[],
    { number, keys }: { readonly number: number; readonly keys: KeyTable },
  ) {
    this.#slides = slides;
    this.#number = number;
    this.#cursor = number;
    if (slides.length < 2) return;
    element("slides").hidden = false;
    const filter = element<HTMLInputElement>("slide-filter");
    filter.value = sessionStorage.getItem(FILTER) ?? "";
    filter.addEventListener("input", () => {
      sessionStorage.setItem(FILTER, filter.value);
      this.#filter();
    });
    const list = element("slide-list");
    list.addEventListener("scroll", () => this.#draw());
    list.addEventListener("keydown", (event) => this.#onKey(event));
    new ResizeObserver(() => this.#draw()).observe(list);
    element("slide-rows").addEventListener("click", ({ target }) => {
      const row = (target as Element).closest<HTMLElement>(".slide");
      if (row) this.#open(Number(row.dataset.number));
    });
    const [next, previous] = [1, -1].map((by) => () => this.#step(by));
    element("next-slide").addEventListener("click", next);
    element("previous-slide").addEventListener("click", previous);
    keys.add({
      keys: { PageDown: next, PageUp: previous },
      shown: ["Page ↓", "Page ↑"],
      help: "next, previous slide",
    });
    this.#filter();
    this.#reveal(this.#shown.indexOf(number), true);
    setTimeout(() => this.#follow(), FIRST);
  }

  /** Asks for the states now and then. */
  async #follow(): Promise<void> {
    if (!document.hidden) {
      const answer = await fetch("/states.json").catch(() => undefined);
      if (answer?.ok) {
        this.#slides = await answer.json();
        this.#isKnown = true;
        this.#draw();
      }
    }
    setTimeout(() => this.#follow(), PAUSE);
  }

  #filter(): void {
    const words = element<HTMLInputElement>("slide-filter").value.toLowerCase();
    this.#shown = this.#slides.flatMap(({ name }, i) =>
      name.toLowerCase().includes(words) ? [i] : []
    );
    const { length } = this.#slides;
    element("slide-count").textContent = this.#shown.length === length
      ? formatCount(length)
      : `${formatCount(this.#shown.length)} of ${formatCount(length)}`;
    this.#cursor = this.#shown.indexOf(this.#number);
    this.#draw();
  }

  /** Opens the next slide of those listed, or the one before; after the last comes the first. */
  #step(by: number): void {
    const { length } = this.#shown;
    if (length === 0) return;
    const at = this.#shown.indexOf(this.#number);
    // A slide that the filter leaves out lies between others.
    const after = this.#shown.findIndex((one) => one > this.#number);
    const end = after < 0 ? length : after;
    const next = at >= 0 ? at + by : by > 0 ? end : end - 1;
    this.#open(this.#shown[(next + length) % length]);
  }

  #open(number: number): void {
    if (number !== this.#number) goToSlide(this.#slides[number]);
  }

  #onKey(event: KeyboardEvent): void {
    const { length } = this.#shown;
    const steps: Record<string, number> = {
      ArrowDown: this.#cursor + 1,
      ArrowUp: this.#cursor - 1,
      Home: 0,
      End: length - 1,
    };
    const to = steps[event.key];
    if (to === undefined && event.key !== "Enter") return;
    event.preventDefault();
    event.stopPropagation();
    const chosen = this.#shown[this.#cursor];
    if (to === undefined) {
      return chosen === undefined ? undefined : this.#open(chosen);
    }
    this.#cursor = Math.max(0, Math.min(to, length - 1));
    this.#reveal(this.#cursor);
    this.#draw();
  }

  /** Scrolls to a row: to the middle, or just into sight. */
  #reveal(index: number, toMiddle = false): void {
    if (index < 0) return;
    const list = element("slide-list");
    if (toMiddle) {
      list.scrollTop = index * ROW - (list.clientHeight - ROW) / 2;
    } else revealRow(list, { index, row: ROW });
  }

  #draw(): void {
    const list = element("slide-list");
    const rows = element("slide-rows");
    rows.style.height = `${this.#shown.length * ROW}px`;
    const { first, last } = rowsInSight(list, ROW);
    const seen = this.#shown.slice(first, last);
    rows.replaceChildren(
      ...seen.map((number, i) => this.#row(number, first + i)),
    );
    list.setAttribute("aria-activedescendant", `slide-${this.#cursor}`);
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => {
      const isSeen = list.clientHeight > 0;
      const wanted = seen.filter((number) => !this.#slides[number].error);
      this.#thumbnails.want(isSeen ? wanted : []);
    }, REST);
  }

  #row(number: number, index: number): HTMLElement {
    const slide = this.#slides[number];
    const { url, error = slide.error } = this.#thumbnails.get(number) ?? {};
    const row = document.createElement("div");
    row.className = "slide";
    row.id = `slide-${index}`;
    row.dataset.number = String(number);
    row.style.top = `${index * ROW}px`;
    row.title = error ?? slide.path ?? slide.name;
    row.setAttribute("role", "option");
    row.setAttribute("aria-selected", String(number === this.#number));
    row.setAttribute("aria-setsize", String(this.#shown.length));
    row.setAttribute("aria-posinset", String(index + 1));
    row.classList.toggle("cursor", index === this.#cursor);
    const picture = document.createElement("span");
    picture.className = "thumbnail";
    if (url) {
      const image = document.createElement("img");
      Object.assign(image, { src: url, alt: "" });
      picture.append(image);
    }
    const text = document.createElement("span");
    text.className = "slide-text";
    const name = document.createElement("span");
    name.className = "slide-name";
    name.textContent = slide.name;
    const state = document.createElement("span");
    state.className = "slide-state";
    state.dataset.state = error ? "failed" : slide.state ?? "none";
    state.textContent = error
      ? STATES.failed
      : this.#isKnown
      ? describe(slide)
      : "…";
    text.append(name, state);
    row.append(picture, text);
    return row;
  }
}

/** A slide's state and numbers, in words. */
function describe({ state, objects, positiveFraction }: SlideItem): string {
  if (!state) return "No results";
  const parts = [STATES[state]];
  if (objects !== undefined) {
    parts.push(`${formatCount(objects)} object${objects === 1 ? "" : "s"}`);
  }
  if (positiveFraction !== undefined) {
    parts.push(`${formatNumber(positiveFraction * 100)} %`);
  }
  return parts.join(" · ");
}
