/// <reference lib="dom" />

/** Options for {@linkcode addRange}. */
export interface RangeInput {
  /** Its label, which screen readers read after `of`. */
  readonly label: string;
  /** What it belongs to. */
  readonly of: string;
  readonly min: number;
  readonly max: number;
  readonly step: number;
  readonly value: number;
  /** Its value in words. */
  show(value: number): string;
  /** Called when it has moved. */
  changed(value: number): void;
}

/** Adds a slider with its value. Returns what sets it, without calling back. */
export function addRange(
  group: HTMLElement,
  { label, of, show, changed, value, ...limits }: RangeInput,
): (value: number) => void {
  const line = document.createElement("label");
  line.className = "slider";
  const name = document.createElement("span");
  name.textContent = label;
  const input = document.createElement("input");
  input.type = "range";
  for (const [key, limit] of Object.entries(limits)) {
    input.setAttribute(key, String(limit));
  }
  input.setAttribute("aria-label", `${of}: ${label}`);
  const output = document.createElement("output");
  const tell = () => {
    output.textContent = show(input.valueAsNumber);
    input.setAttribute("aria-valuetext", output.textContent);
  };
  const set = (value: number) => {
    input.value = String(value);
    tell();
  };
  input.addEventListener("input", () => {
    tell();
    changed(input.valueAsNumber);
  });
  set(value);
  line.append(name, input, output);
  group.append(line);
  return set;
}

/** Adds a check box. Returns what sets it, without calling back. */
export function addCheck(
  group: HTMLElement,
  { label, checked, swatch, changed }: {
    readonly label: string;
    readonly checked: boolean;
    /** What is shown after the label. */
    readonly swatch?: HTMLElement;
    changed(checked: boolean): void;
  },
): (checked: boolean) => void {
  const line = document.createElement("label");
  const input = document.createElement("input");
  input.type = "checkbox";
  input.checked = checked;
  const name = document.createElement("span");
  name.textContent = label;
  line.append(input, name);
  input.addEventListener("input", () => changed(input.checked));
  group.append(line);
  if (swatch) group.append(swatch);
  return (checked) => input.checked = checked;
}
