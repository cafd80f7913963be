/// <reference lib="dom" />
import { clearedContext, oncePerFrame } from "../frames.ts";
import type { PageContext } from "../page_context.ts";
import type { Placement } from "../placement.ts";

/** Draws what a tool is doing over the outlines. */
export class Overlay {
  readonly #canvas = document.createElement("canvas");
  readonly #page: PageContext;
  readonly #draw: (pen: CanvasRenderingContext2D, place: Placement) => void;

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
  readonly redraw: () => void = oncePerFrame(() => {
    const place = this.#page.placement();
    if (place) this.#paint(place);
  });

  #paint(place: Placement): void {
    const pen = clearedContext(this.#canvas);
    pen.lineJoin = pen.lineCap = "round";
    place.apply(pen, devicePixelRatio);
    this.#draw(pen, place);
  }
}
