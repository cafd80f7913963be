/// <reference lib="dom" />
import { clearedContext } from "./frames.ts";
import type { ObjectStore, OutlinedObject } from "./object_store.ts";
import type { Placement } from "./placement.ts";
import { styleOf } from "./object_styles.ts";
import { drawMark } from "./state_marks.ts";
import type { Selection } from "./selection.ts";

/** Objects that are smaller than this on the screen, in pixels, are dots. */
const DOT = 5;
/** Objects that are smaller than this on the screen, in pixels, are filled, which is faster than lines. */
const FILLED = 12;
/** Objects that are smaller than this on the screen, in pixels, have one line. */
const SMALL = 24;
/** Milliseconds of a frame. */
const FRAME = 1000 / 60;
/** Milliseconds of drawing that every frame has time for. */
const FREE = 5;
/** Milliseconds after which the last drawing is made anew in any case. */
const LATE = 500;
/** While the slide moves, drawing that takes longer gets at most one part in this many of the time. */
const SHARE = 5;

/**
 * Draws the objects' outlines over the slide. While the slide moves, drawing thousands of objects would not keep up: the
 * last drawing moves along, and is made anew from time to time and at the end.
 */
export class Outlines {
  /** Whether they are drawn. */
  visible = true;
  /** The last tile, in level-0 pixels. */
  tile: { x: number; y: number; side: number } | undefined;
  readonly #store: ObjectStore;
  readonly #selection: Selection;
  readonly #canvas: HTMLCanvasElement;
  #drawn: Placement | undefined;
  #cost = 0;
  #next = 0;
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor(
    parent: HTMLElement,
    { store, selection }: {
      readonly store: ObjectStore;
      readonly selection: Selection;
    },
  ) {
    this.#store = store;
    this.#selection = selection;
    this.#canvas = document.createElement("canvas");
    this.#canvas.className = "outlines";
    parent.append(this.#canvas);
  }

  /** Follows the slide: draws again if there is time, else moves the last drawing. */
  follow(place: Placement): void {
    clearTimeout(this.#timer);
    const wait = Math.min(this.#next - performance.now(), LATE);
    if (!this.#drawn || this.#cost < FREE || wait <= 0) {
      return this.draw(place);
    }
    this.#canvas.style.transform = place.from(this.#drawn);
    this.#timer = setTimeout(() => this.draw(place), wait);
  }

  /** Draws what is in sight. */
  draw(place: Placement): void {
    clearTimeout(this.#timer);
    const start = performance.now();
    this.#canvas.style.transform = "";
    this.#drawn = place;
    const ratio = devicePixelRatio;
    const { clientWidth, clientHeight } = this.#canvas;
    const context = clearedContext(this.#canvas);
    place.apply(context, ratio);
    if (this.tile) drawTile(context, this.tile, place);
    if (this.visible) {
      const seen = place.inSight(clientWidth, clientHeight);
      for (const object of this.#store.within(seen)) {
        drawObject(context, object, {
          zoom: place.zoom,
          color: this.#store.colorOf(object),
          chosen: this.#selection.has(object),
        });
        if (object.side * place.zoom >= SMALL) {
          drawMark(context, object, { place, ratio });
        }
      }
    }
    this.#measure(start);
  }

  /** Takes the time that a drawing takes until it is on the screen: browsers draw after the script. */
  #measure(start: number): void {
    this.#next = Infinity;
    requestAnimationFrame(() =>
      requestAnimationFrame((now) => {
        this.#cost = Math.max(0, now - start - 2 * FRAME);
        this.#next = now + (SHARE - 1) * this.#cost;
      })
    );
  }
}

function drawTile(
  context: CanvasRenderingContext2D,
  { x, y, side }: {
    readonly x: number;
    readonly y: number;
    readonly side: number;
  },
  { zoom }: Placement,
): void {
  context.setLineDash([6 / zoom, 4 / zoom]);
  context.lineWidth = 1.5 / zoom;
  context.strokeStyle = "rgb(0 0 0 / 60%)";
  context.strokeRect(x, y, side, side);
  context.setLineDash([]);
}

function drawObject(
  context: CanvasRenderingContext2D,
  object: OutlinedObject,
  { zoom, color, chosen }: {
    readonly zoom: number;
    readonly color: string;
    readonly chosen: boolean;
  },
): void {
  const { left, top, side } = object;
  if (side * zoom < DOT && !chosen) {
    const size = Math.max(side, 3 / zoom);
    context.fillStyle = color;
    context.fillRect(left, top, size, size);
    return;
  }
  const path = object.pathAt(zoom);
  if (side * zoom < FILLED && !chosen) {
    context.fillStyle = color;
    context.fill(path, "evenodd");
    return;
  }
  context.lineJoin = side * zoom < SMALL ? "bevel" : "round";
  const { dash, width } = styleOf(object);
  const dashes = dash.map((length) => length / zoom);
  if (chosen || side * zoom >= SMALL) {
    if (!chosen) context.setLineDash(dashes);
    // A dark line underneath separates the color from any stain.
    context.lineWidth = (chosen ? 7 : width + 2) / zoom;
    context.strokeStyle = chosen ? "rgb(255 255 255)" : "rgb(0 0 0 / 45%)";
    context.stroke(path);
    context.setLineDash(dashes);
  }
  context.lineWidth = (chosen ? 3.5 : width) / zoom;
  context.strokeStyle = color;
  context.stroke(path);
  context.setLineDash([]);
}
