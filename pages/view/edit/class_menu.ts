/// <reference lib="dom" />
import {
  ignoredClass,
  regionClass,
} from "../../../src/corrections/correction.ts";
import { element } from "../element.ts";
import { kindOf } from "../object_styles.ts";
import { setClass } from "./actions.ts";
import type { EditContext } from "./edit_context.ts";

/** How many classes have a number as their key. */
const NUMBERED = 9;

/** The menu of classes: those of the objects, and a new one. */
export class ClassMenu {
  readonly #edit: EditContext;
  readonly #dialog = element<HTMLDialogElement>("class-menu");
  readonly #input = element<HTMLInputElement>("class-name");
  readonly #choices = element("class-choices");
  /** By name, and new ones after them, so that a class keeps its number. */
  readonly #names: string[] = [];

  /** @param known The classes that the server knows. */
  constructor(edit: EditContext, known: readonly { readonly name: string }[]) {
    this.#edit = edit;
    this.#names.push(...known.map(({ name }) => name).sort());
    element("class-form").addEventListener("submit", (event) => {
      event.preventDefault();
      const name = this.#input.value.trim();
      if (name) this.#choose(name);
    });
    this.#dialog.addEventListener("keydown", (event) => {
      if (event.target === this.#input) return;
      const button = this.#choices.children[Number(event.key) - 1];
      if (button && Number(event.key) <= NUMBERED) {
        (button as HTMLElement).click();
      }
    });
    element("class-close").addEventListener(
      "click",
      () => this.#dialog.close(),
    );
    edit.page.store.onChange(() => this.#meet());
    this.#meet();
    this.#take(this.#names[0]);
  }

  /** Shows it. */
  show(): void {
    const count = this.#edit.page.selection.objects.length;
    element("class-title").textContent = count === 0
      ? "Class of new objects"
      : `Class of ${count === 1 ? "the selected object" : `${count} objects`}`;
    const buttons = this.#names.map((name, i) => {
      const key = i < NUMBERED ? `${i + 1}` : "";
      return this.#button(name, { key, choice: name });
    });
    buttons.push(this.#button("No class", { key: "", choice: undefined }));
    this.#choices.replaceChildren(...buttons);
    this.#input.value = "";
    this.#dialog.showModal();
  }

  /** Chooses one by its number, from 1. */
  pick(number: number): void {
    const name = this.#names[number - 1];
    if (name === undefined) this.#edit.say(`There is no class ${number} yet.`);
    else this.#choose(name);
  }

  #button(
    text: string,
    { key, choice }: {
      readonly key: string;
      readonly choice: string | undefined;
    },
  ): HTMLElement {
    const button = document.createElement("button");
    button.type = "button";
    button.textContent = text;
    if (key) {
      const cap = document.createElement("kbd");
      cap.textContent = key;
      button.prepend(cap, " ");
    }
    button.addEventListener("click", () => this.#choose(choice));
    return button;
  }

  #choose(name: string | undefined): void {
    this.#dialog.close();
    if (name === ignoredClass.name || name === regionClass.name) {
      const tool = name === ignoredClass.name ? "Reject (x)" : "Region (w)";
      return this.#edit.say(`“${name}” is not a class: use ${tool}.`);
    }
    if (name !== undefined && !this.#names.includes(name)) {
      this.#names.push(name);
    }
    this.#take(name);
    setClass(this.#edit, name);
  }

  /** Makes a class that of new objects. */
  #take(name: string | undefined): void {
    this.#edit.className = name;
    element("new-class").textContent = `New objects: ${name ?? "no class"}`;
  }

  #meet(): void {
    const { objects } = this.#edit.page.store;
    const known = new Set(this.#names);
    for (const object of objects) {
      const { name } = object;
      const kind = kindOf(object);
      if (!name || known.has(name)) continue;
      if (kind === "region" || kind === "rejected") continue;
      known.add(name);
      this.#names.push(name);
    }
  }
}
