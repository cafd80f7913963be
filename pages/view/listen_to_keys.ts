/// <reference lib="dom" />
import OpenSeadragon from "openseadragon";
import { element } from "./element.ts";
import type { LayerControls } from "./layer_controls.ts";

/** Handles keyboard shortcuts and buttons. */
export function listenToKeys(
  viewer: OpenSeadragon.Viewer,
  { controls, step }: {
    readonly controls: Readonly<
      Partial<Record<string, LayerControls>>
    >;
    step(by: number): void;
  },
): void {
  const { viewport } = viewer;
  const zoom = (by: number) => {
    viewport.zoomBy(by);
    viewport.applyConstraints();
  };
  const pan = (x: number, y: number) => {
    const { width } = viewport.getBounds();
    viewport.panBy(new OpenSeadragon.Point(x * width / 8, y * width / 8));
    viewport.applyConstraints();
  };
  const help = element<HTMLDialogElement>("help");
  const alone = () => void document.body.classList.toggle("alone");
  const keys: Record<string, () => void> = {
    "+": () => zoom(1.5),
    "=": () => zoom(1.5),
    "-": () => zoom(1 / 1.5),
    "0": () => void viewport.goHome(),
    ArrowLeft: () => pan(-1, 0),
    ArrowRight: () => pan(1, 0),
    ArrowUp: () => pan(0, -1),
    ArrowDown: () => pan(0, 1),
    n: () => step(1),
    b: () => step(-1),
    p: () => controls.probability?.toggle(),
    m: () => controls.mask?.toggle(),
    o: () => controls.outlines?.toggle(),
    "[": () => controls.probability?.move(-0.05),
    "]": () => controls.probability?.move(0.05),
    f: alone,
    "?": () => help.showModal(),
  };
  // The viewer has its own keys, which rotate and mirror the slide.
  viewer.addHandler("canvas-key", (event) => {
    (event as { preventDefaultAction?: boolean }).preventDefaultAction = true;
  });
  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || help.open) return;
    const { target } = event;
    const takesArrows = target instanceof HTMLInputElement ||
      target instanceof HTMLSelectElement;
    if (takesArrows && event.key.startsWith("Arrow")) return;
    const action = keys[event.key];
    if (!action) return;
    event.preventDefault();
    action();
  });
  element("zoom-in").addEventListener("click", keys["+"]);
  element("zoom-out").addEventListener("click", keys["-"]);
  element("home").addEventListener("click", keys["0"]);
  element("fullscreen").addEventListener("click", alone);
  element("help-button").addEventListener("click", keys["?"]);
}
