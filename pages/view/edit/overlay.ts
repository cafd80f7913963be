/// <reference lib="dom" />
import type { PageContext } from "../page_context.ts";
import type { Placement } from "../placement.ts";

/** Draws what a tool is doing over the outlines. */
export class Overlay {
  readonly #canvas = document.createElement("canvas");
  readonly #page: PageContext;
  readonly #draw: (pen: CanvasRenderingContext2D, place: Placement) => void;
  #waiting = false;

  /** @param draw Draws what a tool is doing, in level-0 pixels. */
  constructor(
    page: PageContext,
    draw: (pen: CanvasRenderingContext2D, place: Placement) => void,
  ) {
    this.#page = page;
    this.#draw = draw;
    this.#canvas.className = "outlines";
    page.viewer.canvas.append(this.#canvas);
    page.onDraw((place) => this.#paint(place));
  }

  /** Draws in the next frame, without the outlines. */
  redraw(): void {
    if (this.#waiting) return;
    this.#waiting = true;
    requestAnimationFrame(() => {
      this.#waiting = false;
      const place = this.#page.placement();
      if (place) this.#paint(place);
    });
  }

  #paint(place: Placement): void {
    const canvas = this.#canvas;
    const ratio = devicePixelRatio;
    const { clientWidth, clientHeight } = canvas;
    const [width, height] = [clientWidth, clientHeight]
      .map((side) => Math.round(side * ratio));
    if (canvas.width !== width || canvas.height !== height) {
      Object.assign(canvas, { width, height });
    }
    const pen = canvas.getContext("2d")!;
    pen.setTransform(1, 0, 0, 1, 0, 0);
    pen.clearRect(0, 0, width, height);
    pen.lineJoin = pen.lineCap = "round";
    place.apply(pen, ratio);
    this.#draw(pen, place);
  }
}
