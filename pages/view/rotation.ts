/// <reference lib="dom" />
import { element } from "./element.ts";
import type { PageContext } from "./page_context.ts";

/** Degrees of a step by key. */
const FINE = 5;

/** Adds the rotation of the slide: by 90° and finely, by keys and buttons. */
export function addRotation(
  { viewer: { viewport }, keys, placement, onDraw }: PageContext,
): void {
  const panel = element("rotation");
  const slider = element<HTMLInputElement>("angle");
  const turn = (by: number) =>
    viewport.setRotation(viewport.getRotation() + by);
  onDraw(({ angle }) => {
    const degrees = Math.round(angle * 180 / Math.PI) || 0;
    element("angle-text").textContent = `${degrees}°`;
    // While it is dragged, the slide lags behind it.
    if (!slider.matches(":active")) slider.value = String(degrees);
  });
  slider.addEventListener("input", () => {
    if (placement()) viewport.setRotation(slider.valueAsNumber, true);
  });
  const buttons = {
    rotate: () => {
      panel.hidden = !panel.hidden;
      element("rotate").setAttribute("aria-expanded", String(!panel.hidden));
    },
    "rotate-left": () => turn(-90),
    "rotate-right": () => turn(90),
    "rotate-reset": () => viewport.setRotation(0),
  };
  for (const [id, action] of Object.entries(buttons)) {
    element(id).addEventListener("click", action);
  }
  keys.add({
    keys: { r: () => turn(90), R: () => turn(-90) },
    help: "rotate by 90°, back",
  });
  keys.add({
    keys: { ">": () => turn(FINE), "<": () => turn(-FINE) },
    shown: ["<", ">"],
    help: `rotate by ${FINE}°`,
  });
}
