/// <reference lib="dom" />
import { formatCount } from "../../src/report/markup.ts";
import type { Mpp } from "../shared/format.ts";
import { drawScaleBar } from "../shared/scale_bar.ts";
import { element } from "./element.ts";
import type { PageContext } from "./page_context.ts";
import type { Placement } from "./placement.ts";

/** Adds the scale bar, the magnification, and the level-0 pixel under the pointer. */
export function addReadout(
  { view: { width, height, mpp }, placement, onDraw }: PageContext,
): void {
  const scaleBar = { bar: element("scale-bar"), label: element("scale-label") };
  let pointer: { readonly x: number; readonly y: number } | undefined;
  const show = (place: Placement) => {
    const { zoom, angle } = place;
    drawScaleBar(scaleBar, {
      zoom,
      widest: 140,
      mpp: mpp && across(mpp, angle),
    });
    // By convention, 40× is 0.25 µm per pixel.
    const scale = mpp
      ? `${Number((10 * zoom / mpp.x).toPrecision(2))}×`
      : `${Number((100 * zoom).toPrecision(2))} %`;
    const [x, y] = pointer
      ? place.toSlide(pointer.x, pointer.y).map(Math.floor)
      : [-1, -1];
    const inside = x >= 0 && y >= 0 && x < width && y < height;
    element("readout").textContent = inside
      ? `x ${formatCount(x)}  y ${formatCount(y)}   ${scale}`
      : scale;
  };
  onDraw(show);
  const point = (at: typeof pointer) => {
    pointer = at;
    const place = placement();
    if (place) show(place);
  };
  const frame = element("viewer");
  frame.addEventListener("pointermove", (event) => {
    const box = frame.getBoundingClientRect();
    point({ x: event.clientX - box.left, y: event.clientY - box.top });
  });
  frame.addEventListener("pointerleave", () => point(undefined));
}

/** The scale along the screen's rows, as pixels need not be square. */
function across({ x, y }: Mpp, angle: number): Mpp {
  const along = Math.hypot(Math.cos(angle) * x, Math.sin(angle) * y);
  return { x: along, y: along };
}
