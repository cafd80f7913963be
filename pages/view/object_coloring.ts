/// <reference lib="dom" />
import { formatCount } from "../../src/report/markup.ts";
import { rampColor } from "./color_table.ts";
import { element } from "./element.ts";
import type { OutlinedObject } from "./object_store.ts";
import type { PageContext } from "./page_context.ts";

/** Objects from which on a hundredth at each end does not stretch the scale. */
const MANY = 100;

/** The color of objects without the measurement. */
const UNKNOWN = [150, 150, 150] as const;

/** Adds the menu that colors objects by a measurement instead of by class, with its scale; before the list, which takes the colors. */
export function addColoring({ store }: PageContext): void {
  const menu = element<HTMLSelectElement>("color-by");
  let names: readonly string[] = [];
  let scale: readonly [least: number, most: number] = [0, 1];

  /** Lists the measurements of the objects that are shown. */
  function refresh(): void {
    const found = new Set<string>();
    for (const { measurements = {} } of store.objects) {
      for (const name in measurements) found.add(name);
    }
    // One that is chosen stays, even if no object has it for now.
    if (menu.value !== "") found.add(menu.value);
    if (found.size !== names.length || names.some((name) => !found.has(name))) {
      names = [...found];
      const { value } = menu;
      const options = names.map((name) => new Option(name, name));
      menu.replaceChildren(new Option("Class", ""), ...options);
      menu.value = value;
    }
    element("coloring").hidden = names.length === 0;
    measure();
  }

  /** Finds the ends of the scale. */
  function measure(): void {
    const name = menu.value;
    element("color-scale").hidden = name === "";
    if (name === "") return;
    const { shown } = store;
    const values = shown.flatMap((object) => valueOf(object, name) ?? [])
      .sort((a, b) => a - b);
    const cut = values.length < MANY ? 0 : Math.floor(values.length / 100);
    const [least, most] = [values[cut] ?? 0, values.at(-1 - cut) ?? 0];
    scale = [least, most];
    const [low, high] = cut > 0 ? ["≤ ", "≥ "] : ["", ""];
    element("color-least").textContent = low + shortNumber(least);
    element("color-most").textContent = high + shortNumber(most);
    const without = shown.length - values.length;
    element("color-without").textContent = without > 0
      ? `Gray: ${formatCount(without)} without a value`
      : "";
  }

  menu.addEventListener("change", () => {
    const name = menu.value;
    measure();
    store.setPalette(
      name === "" ? undefined : (object) => {
        const value = valueOf(object, name);
        if (value === undefined) return UNKNOWN;
        const [least, most] = scale;
        const share = most > least ? (value - least) / (most - least) : 0.5;
        return rampColor(Math.max(0, share));
      },
    );
  });
  store.onChange(refresh);
  const stops = [0, 0.25, 0.5, 0.75, 1]
    .map((share) => `rgb(${rampColor(share).join(" ")})`);
  element("color-ramp").style.background = `linear-gradient(90deg, ${
    stops.join(", ")
  })`;
  refresh();
}

function valueOf(
  { measurements }: OutlinedObject,
  name: string,
): number | undefined {
  return measurements?.[name];
}

function shortNumber(value: number): string {
  return String(Number(value.toPrecision(3)));
}
