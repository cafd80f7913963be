import { element } from "./element.ts";
import { formatLength, type Mpp } from "./format.ts";

const WIDEST = 140; // of the screen's pixels

/** Draws the scale bar: a round length, for `zoom` screen pixels per level-0 pixel. */
export function drawScaleBar(zoom: number, mpp?: Mpp): void {
  const unit = (mpp?.x ?? 1) * WIDEST / zoom; // µm, or pixels, of the widest bar
  const power = 10 ** Math.floor(Math.log10(unit));
  const step = [5, 2, 1].find((step) => step * power <= unit) ?? 1;
  const pixels = step * power / (mpp?.x ?? 1);
  element("scale-bar").style.width = `${pixels * zoom}px`;
  element("scale-label").textContent = formatLength(pixels, mpp);
}
