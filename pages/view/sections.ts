/// <reference lib="dom" />
/// <reference lib="dom.iterable" />
import { element } from "./element.ts";

/**
 * Makes the sections of the sidebar open and close by their headings, which is remembered. Those with `data-closed` are
 * closed at first.
 */
export function addSections(): void {
  for (
    const section of document.querySelectorAll<HTMLElement>("aside > section")
  ) {
    const heading = section.querySelector("h2");
    if (!heading) continue;
    const button = document.createElement("button");
    button.className = "heading";
    button.append(...heading.childNodes);
    heading.append(button);
    button.addEventListener("click", () => {
      const closed = !section.classList.contains("closed");
      show(section, closed);
      localStorage.setItem(keyOf(section), closed ? "closed" : "open");
    });
    const first = "closed" in section.dataset ? "closed" : "open";
    show(section, (localStorage.getItem(keyOf(section)) ?? first) === "closed");
  }
}

/** Opens a section for a slide that needs it, unless somebody has closed it. */
export function openSection(id: string): void {
  const section = element(id);
  if (localStorage.getItem(keyOf(section)) === null) show(section, false);
}

function show(section: HTMLElement, closed: boolean): void {
  section.classList.toggle("closed", closed);
  section.querySelector("h2 > button")!
    .setAttribute("aria-expanded", String(!closed));
}

function keyOf({ id }: HTMLElement): string {
  return `section-${id}`;
}
