/// <reference lib="dom" />
import { GREEN } from "./color_table.ts";
import type { ObjectStore, OutlinedObject } from "./object_store.ts";
import type { Placement } from "./placement.ts";
import { styleOf } from "./object_styles.ts";
import type { Selection } from "./selection.ts";

/** Draws the objects' outlines over the slide. */
export class Outlines {
  /** Whether they are drawn. */
  visible = true;
  /** The last tile, in level-0 pixels. */
  tile: { x: number; y: number; side: number } | undefined;
  readonly #store: ObjectStore;
  readonly #selection: Selection;
  readonly #canvas: HTMLCanvasElement;

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

  /** Draws what is in sight. */
  draw(place: Placement): void {
    const canvas = this.#canvas;
    const ratio = devicePixelRatio;
    const { clientWidth, clientHeight } = canvas;
    const [width, height] = [clientWidth, clientHeight]
      .map((side) => Math.round(side * ratio));
    if (canvas.width !== width || canvas.height !== height) {
      canvas.width = width;
      canvas.height = height;
    }
    const context = canvas.getContext("2d")!;
    context.setTransform(1, 0, 0, 1, 0, 0);
    context.clearRect(0, 0, width, height);
    place.apply(context, ratio);
    if (this.tile) drawTile(context, this.tile, place);
    if (!this.visible) return;
    const seen = place.inSight(clientWidth, clientHeight);
    for (const object of this.#store.within(seen)) {
      drawObject(context, object, {
        zoom: place.zoom,
        chosen: this.#selection.has(object),
      });
    }
  }
}

function drawTile(
  context: CanvasRenderingContext2D,
  { x, y, side }: { readonly x: number; readonly y: number; side: number },
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
  { zoom, chosen }: { readonly zoom: number; readonly chosen: boolean },
): void {
  const { left, top, right, bottom, path } = object;
  const color = `rgb(${(object.color ?? GREEN).join(" ")})`;
  if (Math.max(right - left, bottom - top) * zoom < 3 && !chosen) {
    context.fillStyle = color;
    context.fillRect(left, top, 3 / zoom, 3 / zoom);
    return;
  }
  context.lineJoin = "round";
  // A dark line underneath separates the color from any stain.
  const { dash, width } = styleOf(object);
  const dashes = dash.map((length) => length / zoom);
  if (!chosen) context.setLineDash(dashes);
  context.lineWidth = (chosen ? 7 : width + 2) / zoom;
  context.strokeStyle = chosen ? "rgb(255 255 255)" : "rgb(0 0 0 / 45%)";
  context.stroke(path);
  context.setLineDash(dashes);
  context.lineWidth = (chosen ? 3.5 : width) / zoom;
  context.strokeStyle = color;
  context.stroke(path);
  context.setLineDash([]);
}
