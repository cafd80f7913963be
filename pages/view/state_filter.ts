/// <reference lib="dom" />
import { element } from "./element.ts";
import { kindOf, KINDS, type ObjectKind } from "./object_styles.ts";
import type { ObjectStore, OutlinedObject } from "./object_store.ts";

/** Chooses by state which objects are listed. */
export class StateFilter {
  readonly #store: ObjectStore;
  readonly #select = element<HTMLSelectElement>("state-filter");

  /** @param change Called when others are to be listed. */
  constructor(store: ObjectStore, change: () => void) {
    this.#store = store;
    this.#select.append(new Option("All states", ""));
    for (const kind of KINDS) this.#select.append(new Option(kind, kind));
    this.#select.addEventListener("change", change);
  }

  /** The shown objects of the chosen state; regions only if they are chosen. */
  get objects(): readonly OutlinedObject[] {
    const { shown } = this.#store;
    const kind = this.#select.value as ObjectKind | "";
    return shown.filter((object) =>
      kind ? kindOf(object) === kind : kindOf(object) !== "region"
    );
  }

  /** Whether only some are listed. */
  get isOn(): boolean {
    return this.#select.value !== "";
  }

  /** Counts the objects of each state again; hidden as long as all are undecided. */
  refresh(): void {
    const counts = new Map<ObjectKind, number>();
    const objects = [...this.#store.objects];
    for (const object of objects) {
      const kind = kindOf(object);
      counts.set(kind, (counts.get(kind) ?? 0) + 1);
    }
    const undecided = counts.get("undecided") ?? 0;
    this.#select.hidden = undecided === objects.length && !this.isOn;
    for (const option of this.#select.options) {
      const count = counts.get(option.value as ObjectKind) ?? 0;
      if (option.value) option.text = `${capital(option.value)} (${count})`;
    }
  }
}

function capital(word: string): string {
  return word[0].toUpperCase() + word.slice(1);
}
