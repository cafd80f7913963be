/// <reference lib="dom" />
import { element } from "../element.ts";
import type { KeyTable } from "../key_table.ts";
import type { Action } from "./actions.ts";

/** The buttons of tools and actions, and their keys. */
export class Toolbar {
  readonly #keys: KeyTable;
  readonly #tools = new Map<string, HTMLElement>();
  readonly #isBlocked: () => boolean;

  /** `isBlocked()` says whether nothing may be done now. */
  constructor(keys: KeyTable, isBlocked: () => boolean) {
    this.#keys = keys;
    this.#isBlocked = isBlocked;
  }

  /** Adds a button that stays pressed. */
  addTool(tool: Action): void {
    const button = this.#add(tool);
    button.setAttribute("aria-pressed", "false");
    this.#tools.set(tool.name, button);
  }

  /** Adds a button that does something at once. */
  addAction(action: Action & { readonly also?: readonly string[] }): void {
    this.#add(action).classList.add("action");
  }

  /** Shows which tool is active. */
  press(name: string): void {
    for (const [one, button] of this.#tools) {
      button.setAttribute("aria-pressed", String(one === name));
    }
  }

  #add(
    { name, icon, key, help, also = [], ...action }: Action & {
      readonly also?: readonly string[];
    },
  ): HTMLElement {
    const run = () => {
      if (!this.#isBlocked()) action.run();
    };
    const button = document.createElement("button");
    button.type = "button";
    button.title = `${help} (${key})`;
    const svg = document.createElementNS("http://www.w3.org/2000/svg", "svg");
    svg.setAttribute("viewBox", "0 0 16 16");
    svg.setAttribute("aria-hidden", "true");
    const path = document.createElementNS(svg.namespaceURI, "path");
    path.setAttribute("d", icon);
    svg.append(path);
    const label = document.createElement("span");
    label.textContent = name;
    button.append(svg, label);
    button.dataset.name = name;
    button.addEventListener("click", ({ detail }) => {
      // Pressed by a pointer: the next keys are meant for the slide.
      if (detail > 0) button.blur();
      run();
    });
    element("edit-tools").append(button);
    const names = [key, ...also];
    this.#keys.add({
      keys: Object.fromEntries(names.map((name) => [name, run])),
      help,
    });
    return button;
  }
}
