import { formatThreshold } from "../shared/format.ts";
import { element } from "./element.ts";
import { oncePerFrame } from "./frames.ts";
import { rampColor } from "./color_table.ts";

/** Options for a layer's controls. */
export interface ControlledLayer {
  /** Its label. */
  readonly label: string;
  /** Its color next to the label. */
  readonly swatch?: string;
  /** Whether it is visible initially. */
  readonly visible: boolean;
  /** Initial opacity. Default: no slider. */
  readonly opacity?: number;
  /** Initial threshold. Default: no slider. */
  readonly threshold?: number;
  /** Called when a control has moved. */
  show(visible: boolean, opacity: number): void;
  /** Called when the threshold has moved. */
  cut?(threshold: number): void;
}

/** Keyboard actions on a layer. */
export interface LayerControls {
  /** Shows or hides it. */
  toggle(): void;
  /** Moves the threshold. */
  move(by: number): void;
  /** Sets the threshold. */
  set(threshold: number): void;
  /** Calls back with the threshold when it has moved. */
  onCut(listener: (threshold: number) => void): void;
}

/** Adds a layer's controls to the page. */
export function addLayerControls(layer: ControlledLayer): LayerControls {
  const group = document.createElement("div");
  group.className = "layer";
  element("layers").append(group);
  const check = document.createElement("input");
  check.type = "checkbox";
  check.checked = layer.visible;
  const label = document.createElement("label");
  const name = document.createElement("span");
  name.textContent = layer.label;
  label.append(check, name);
  if (layer.swatch) {
    const swatch = document.createElement("span");
    swatch.className = "swatch";
    swatch.style.background = layer.swatch;
    label.append(swatch);
  }
  group.append(label);
  const opacity = layer.opacity === undefined ? undefined : addSlider(group, {
    label: "opacity",
    of: layer.label,
    value: layer.opacity,
    show: (value) => `${Math.round(value * 100)} %`,
  });
  const update = () => layer.show(check.checked, opacity?.valueAsNumber ?? 1);
  check.addEventListener("input", update);
  opacity?.addEventListener("input", update);
  update();
  let threshold: HTMLInputElement | undefined;
  const listeners = [(value: number) => layer.cut?.(value)];
  if (layer.threshold !== undefined) {
    threshold = addSlider(group, {
      label: "threshold",
      of: layer.label,
      value: layer.threshold,
      show: formatThreshold,
      round: roundTo(layer.threshold),
    });
    const mark = addRamp(group);
    const tell = oncePerFrame(() => {
      const value = threshold!.valueAsNumber;
      listeners.forEach((listener) => listener(value));
    });
    const cut = () => {
      mark.style.left = `${threshold!.valueAsNumber * 100}%`;
      tell();
    };
    threshold.addEventListener("input", cut);
    cut();
  }
  return {
    toggle: () => check.click(),
    move(by) {
      if (threshold) this.set(threshold.valueAsNumber + by);
    },
    set(value) {
      if (!threshold) return;
      threshold.value = String(value);
      threshold.dispatchEvent(new Event("input"));
    },
    onCut: (listener) => void listeners.push(listener),
  };
}

/** Rounds thresholds to hundredths, but leaves the first one as it is, which other objects than its own would not be of. */
function roundTo(first: number): (value: number) => number {
  return (value) =>
    Math.abs(value - first) < 0.005 ? first : Math.round(value * 100) / 100;
}

function addSlider(
  group: HTMLElement,
  { label, of, value, show, round }: {
    readonly label: string;
    readonly of: string;
    readonly value: number;
    show(value: number): string;
    /** Gives the value that one beside it stands for. Default: hundredths. */
    round?(value: number): number;
  },
): HTMLInputElement {
  const line = document.createElement("label");
  line.className = "slider";
  const name = document.createElement("span");
  name.textContent = label;
  const input = document.createElement("input");
  Object.assign(input, { type: "range", min: "0", max: "1" });
  input.step = round ? "any" : "0.01";
  input.value = String(value);
  input.setAttribute("aria-label", `${of}: ${label}`);
  const output = document.createElement("output");
  const tell = () => output.textContent = show(input.valueAsNumber);
  input.addEventListener("input", () => {
    if (round) input.value = String(round(input.valueAsNumber));
    tell();
  });
  tell();
  line.append(name, input, output);
  group.append(line);
  return input;
}

/** The colors of the probabilities, with a mark at the threshold, which is returned. */
function addRamp(group: HTMLElement): HTMLElement {
  const ramp = document.createElement("div");
  ramp.className = "ramp";
  const stops = [0, 0.25, 0.5, 0.75, 1].map((p) =>
    `rgb(${rampColor(p).join(" ")})`
  );
  ramp.style.background = `linear-gradient(90deg, ${stops.join(", ")})`;
  const mark = document.createElement("i");
  ramp.append(mark);
  const ticks = document.createElement("div");
  ticks.className = "ticks";
  for (const tick of ["0", "0.5", "1"]) {
    const span = document.createElement("span");
    span.textContent = tick;
    ticks.append(span);
  }
  group.append(ramp, ticks);
  return mark;
}
