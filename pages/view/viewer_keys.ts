/// <reference lib="dom" />
import OpenSeadragon from "openseadragon";
import { listenToKeys, movingKeys } from "../shared/keys.ts";
import { element } from "./element.ts";
import type { LayerControls } from "./layer_controls.ts";

/** Handles keyboard shortcuts and buttons. */
export function addViewerKeys(
  viewer: OpenSeadragon.Viewer,
  { controls, step }: {
    readonly controls: Readonly<
      Partial<Record<string, LayerControls>>
    >;
    step(by: number): void;
  },
): void {
  const { viewport } = viewer;
  const help = element<HTMLDialogElement>("help");
  const alone = () => void document.body.classList.toggle("alone");
  const moving = movingKeys({
    zoom(factor) {
      viewport.zoomBy(factor);
      viewport.applyConstraints();
    },
    pan(x, y) {
      const { width } = viewport.getBounds();
      viewport.panBy(new OpenSeadragon.Point(x * width / 8, y * width / 8));
      viewport.applyConstraints();
    },
    fit: () => void viewport.goHome(),
  });
  const keys = {
    ...moving,
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
  listenToKeys(document, keys, {
    isTaken: ({ key, target }) =>
      help.open || key.startsWith("Arrow") &&
        (target instanceof HTMLInputElement ||
          target instanceof HTMLSelectElement),
  });
  element("zoom-in").addEventListener("click", moving["+"]);
  element("zoom-out").addEventListener("click", moving["-"]);
  element("home").addEventListener("click", moving["0"]);
  element("fullscreen").addEventListener("click", alone);
  element("help-button").addEventListener("click", keys["?"]);
}
