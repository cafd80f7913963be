/// <reference lib="dom" />
/// <reference lib="dom.iterable" />
import { listenToKeys, movingKeys } from "../shared/keys.ts";
import { sortTables } from "../shared/sort_tables.ts";
import { drawScaleBar } from "../shared/scale_bar.ts";
import { listenToPointers } from "./listen_to_pointers.ts";
import { PanZoom } from "./pan_zoom.ts";

/** Pixels that an arrow key moves the picture by. */
const STEP = 60;

for (const frame of document.querySelectorAll<HTMLElement>(".viewer")) {
  addViewer(frame);
}

sortTables();

/** Makes the picture of a report zoom and pan; `viewerFrame()` writes the markup. */
function addViewer(frame: HTMLElement): void {
  const { width, height, micrometers } = frame.dataset;
  const mpp = Number(micrometers);
  const stage = frame.querySelector<HTMLElement>(".stage")!;
  const scale = frame.querySelector<HTMLElement>(".scalebar")!;
  const [bar, label] = scale.querySelectorAll<HTMLElement>("i, span");
  const size = { width: Number(width), height: Number(height) };
  const picture = new PanZoom(frame, {
    ...size,
    show({ x, y, scale: zoom }) {
      stage.style.width = `${size.width * zoom}px`;
      stage.style.height = `${size.height * zoom}px`;
      stage.style.transform = `translate(${x}px,${y}px)`;
      stage.classList.toggle("near", zoom > 3);
      if (!mpp) return;
      scale.hidden = false;
      const options = { zoom, widest: 120, mpp: { x: mpp, y: mpp } };
      drawScaleBar({ bar, label }, options);
    },
  });
  listenToPointers(frame, picture);
  const keys = movingKeys({
    zoom: (factor) => picture.zoom(factor),
    pan: (x, y) => picture.move(-x * STEP, -y * STEP),
    fit: () => picture.fit(),
  });
  listenToKeys(frame, keys);

  const tools = frame.parentElement!;
  const keyOf: Record<string, string> = { in: "+", out: "-", fit: "0" };
  for (const button of tools.querySelectorAll("button")) {
    button.addEventListener("click", keys[keyOf[button.dataset.action!]]);
  }
  const opacity = tools.querySelector<HTMLInputElement>("input[type=range]");
  const outlines = stage.querySelector<HTMLElement | SVGElement>(".outlines")!;
  opacity?.addEventListener("input", () => {
    outlines.style.opacity = String(opacity.valueAsNumber / 100);
  });
  for (
    const box of tools.querySelectorAll<HTMLInputElement>("[data-kind]")
  ) {
    const { kind } = box.dataset;
    const group = outlines.querySelector<SVGElement>(`[data-kind="${kind}"]`)!;
    const show = () => group.style.display = box.checked ? "" : "none";
    box.addEventListener("change", show);
    show(); // a reload keeps what is checked
  }
}
