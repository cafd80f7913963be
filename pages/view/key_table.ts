/// <reference lib="dom" />
import { listenToKeys } from "../shared/keys.ts";
import { element } from "./element.ts";

/** A keyboard shortcut. */
export interface Shortcut {
  /** Its keys, by the names that keyboard events give them, with what each does. */
  readonly keys: Readonly<Record<string, () => void>>;
  /** The keys as the help shows them. Default: their names. */
  readonly shown?: readonly string[];
  /** What they do, for the help. */
  readonly help: string;
}

/** The keyboard shortcuts of the page, and the dialog that lists them. */
export class KeyTable {
  readonly #keys: Record<string, () => void> = {};
  readonly #dialog = element<HTMLDialogElement>("help");

  constructor() {
    listenToKeys(document, this.#keys, {
      isTaken: ({ key, target }) =>
        document.querySelector("dialog[open]") !== null ||
        isTextField(target) || key.startsWith("Arrow") && hasArrows(target) ||
        key === "Enter" && target instanceof HTMLButtonElement,
    });
  }

  /** Adds a shortcut. */
  add({ keys, shown = Object.keys(keys), help }: Shortcut): void {
    const taken = Object.keys(keys).find((key) =>
      Object.hasOwn(this.#keys, key)
    );
    if (taken) {
      throw new Error(`Cannot add shortcut "${help}": "${taken}" is taken`);
    }
    Object.assign(this.#keys, keys);
    const [term, description] = ["dt", "dd"]
      .map((name) => document.createElement(name));
    for (const key of shown) {
      const cap = document.createElement("kbd");
      cap.textContent = key;
      term.append(cap, " ");
    }
    description.textContent = help;
    element("shortcuts").append(term, description);
  }

  /** Shows the list. */
  showHelp(): void {
    this.#dialog.showModal();
    this.#dialog.scrollTop = 0; // the focus is on its button, at the end
  }
}

function isTextField(target: EventTarget | null): boolean {
  return target instanceof HTMLTextAreaElement ||
    target instanceof HTMLInputElement &&
      ["text", "search", "number"].includes(target.type);
}

function hasArrows(target: EventTarget | null): boolean {
  return target instanceof HTMLInputElement ||
    target instanceof HTMLSelectElement;
}
