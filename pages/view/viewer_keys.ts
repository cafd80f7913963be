/// <reference lib="dom" />
import OpenSeadragon from "openseadragon";
import { movingKeys } from "../shared/keys.ts";
import { element } from "./element.ts";
import type { PageContext } from "./page_context.ts";

/** Adds the keys and buttons that move the slide, hide the sidebar and show the help. */
export function addViewerKeys({ viewer, keys }: PageContext): void {
  const { viewport } = viewer;
  const alone = () => void document.body.classList.toggle("alone");
  const help = () => keys.showHelp();
  const { "0": fit, ...moving } = movingKeys({
    zoom(factor) {
      viewport.zoomBy(factor);
      viewport.applyConstraints();
    },
    pan(x, y) {
      const { width } = viewport.getBounds();
      const step = new OpenSeadragon.Point(x * width / 8, y * width / 8);
      viewport.panBy(step.rotate(-viewport.getRotation()));
      viewport.applyConstraints();
    },
    fit: () => void viewport.goHome(),
  });
  const { "+": zoomIn, "=": plus, "-": zoomOut, ...arrows } = moving;
  keys.add({
    keys: { "+": zoomIn, "=": plus, "-": zoomOut },
    shown: ["+", "−"],
    help: "zoom in, out",
  });
  keys.add({ keys: arrows, shown: ["↑", "↓", "←", "→"], help: "pan" });
  keys.add({ keys: { "0": fit }, help: "fit the slide" });
  keys.add({ keys: { f: alone }, help: "show or hide the sidebar" });
  keys.add({ keys: { "?": help }, help: "keyboard shortcuts" });
  // The viewer has its own keys, which rotate and mirror the slide.
  viewer.addHandler("canvas-key", (event) => {
    (event as { preventDefaultAction?: boolean }).preventDefaultAction = true;
  });
  const buttons = {
    "zoom-in": zoomIn,
    "zoom-out": zoomOut,
    home: fit,
    fullscreen: alone,
    "help-button": help,
  };
  for (const [id, action] of Object.entries(buttons)) {
    element(id).addEventListener("click", action);
  }
}
