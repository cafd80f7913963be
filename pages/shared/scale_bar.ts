/// <reference lib="dom" />
import { formatLength, type Mpp } from "./format.ts";

/** The elements of a scale bar. */
export interface ScaleBar {
  /** The bar. */
  readonly bar: HTMLElement;
  /** Its length as text. */
  readonly label: HTMLElement;
}

/** Draws a round length of at most `widest` pixels of the screen, at `zoom` of them per pixel of the image. */
export function drawScaleBar(
  { bar, label }: ScaleBar,
  { zoom, widest, mpp }: {
    readonly zoom: number;
    readonly widest: number;
    readonly mpp?: Mpp;
  },
): void {
  const unit = (mpp?.x ?? 1) * widest / zoom; // µm, or pixels, of the widest bar
  const power = 10 ** Math.floor(Math.log10(unit));
  const step = [5, 2, 1].find((step) => step * power <= unit) ?? 1;
  const pixels = step * power / (mpp?.x ?? 1);
  bar.style.width = `${pixels * zoom}px`;
  label.textContent = formatLength(pixels, mpp);
}
