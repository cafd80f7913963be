/// <reference lib="dom" />
import { kindOf, styleOf } from "../object_styles.ts";
import type { OutlinedObject } from "../object_store.ts";
import type { PageContext } from "../page_context.ts";
import type { Placement } from "../placement.ts";

/** The smallest objects that have a mark, in pixels of the screen. */
const MARKED = 20;

/** Draws the marks of objects, and what a tool is doing, over the outlines. */
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
    const { store, outlines } = this.#page;
    if (outlines.visible) {
      for (const object of store.within(place.inSight(width, height))) {
        drawMark(pen, object, { place, ratio });
      }
    }
    place.apply(pen, ratio);
    this.#draw(pen, place);
  }
}

/** A disc with the mark of the object's state, upright, at the first corner of its outline. */
function drawMark(
  pen: CanvasRenderingContext2D,
  object: OutlinedObject,
  { place, ratio }: { readonly place: Placement; readonly ratio: number },
): void {
  const { left, top, right, bottom } = object;
  if (Math.max(right - left, bottom - top) * place.zoom < MARKED) return;
  const icon = icons[kindOf(object)];
  if (!icon) return;
  const [ring] = object.rings;
  const [x, y] = place.toScreen(ring[0], ring[1]);
  pen.setTransform(ratio, 0, 0, ratio, x * ratio, y * ratio);
  pen.fillStyle = "rgb(20 24 28)";
  pen.beginPath();
  pen.arc(0, 0, 7, 0, 7);
  pen.fill();
  pen.lineWidth = 1.6;
  pen.strokeStyle = "white";
  pen.stroke(icon);
}

const icons = Object.fromEntries(
  (["accepted", "changed", "drawn", "rejected"] as const).map((state) => {
    const { icon } = styleOf({ state, rings: [], area: 0 });
    return [state, new Path2D(icon)];
  }),
) as Partial<Record<ReturnType<typeof kindOf>, Path2D>>;
