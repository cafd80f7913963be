/// <reference lib="dom" />
import type { ViewObject } from "../../src/view/description.ts";
import { GREEN } from "./color_table.ts";

/** The position of the slide's top left corner on the screen, and screen pixels per level-0 pixel. */
export interface Placement {
  readonly x: number;
  readonly y: number;
  readonly zoom: number;
}

/** An object with its bounds and number. */
export interface OutlinedObject extends ViewObject {
  /** Its bounds in level-0 pixels. */
  readonly left: number;
  readonly top: number;
  readonly right: number;
  readonly bottom: number;
  /** Its position in the file, from 1. */
  readonly number: number;
}

/** Draws the objects' outlines over the slide. */
export class Outlines {
  /** All objects, in the file's order. */
  readonly objects: OutlinedObject[] = [];
  /** The highlighted object. */
  selected: OutlinedObject | undefined;
  /** Whether they are drawn. */
  visible = true;
  /** Names of classes that are not drawn. */
  hidden: ReadonlySet<string> = new Set();
  /** The last tile, in level-0 pixels. */
  tile: { x: number; y: number; side: number } | undefined;
  readonly #canvas: HTMLCanvasElement;
  readonly #paths = new Map<OutlinedObject, Path2D>();

  constructor(parent: HTMLElement) {
    this.#canvas = document.createElement("canvas");
    this.#canvas.className = "outlines";
    parent.append(this.#canvas);
  }

  add(objects: readonly ViewObject[]): void {
    for (const object of objects) {
      let [left, top, right, bottom] = [Infinity, Infinity, 0, 0];
      for (const ring of object.rings) {
        for (let i = 0; i < ring.length; i += 2) {
          left = Math.min(left, ring[i]);
          right = Math.max(right, ring[i]);
          top = Math.min(top, ring[i + 1]);
          bottom = Math.max(bottom, ring[i + 1]);
        }
      }
      const number = this.objects.length + 1;
      this.objects.push({ ...object, left, top, right, bottom, number });
    }
  }

  /** The objects of classes that are drawn. */
  get shown(): OutlinedObject[] {
    return this.hidden.size === 0
      ? this.objects
      : this.objects.filter(({ name }) => !this.hidden.has(name ?? ""));
  }

  /** The smallest object under a level-0 pixel. */
  at(x: number, y: number): OutlinedObject | undefined {
    const context = this.#canvas.getContext("2d")!;
    context.setTransform(1, 0, 0, 1, 0, 0);
    return this.shown.filter((object) =>
      x >= object.left && x <= object.right && y >= object.top &&
      y <= object.bottom &&
      context.isPointInPath(this.#path(object), x, y, "evenodd")
    ).sort((a, b) => a.area - b.area)[0];
  }

  draw({ x, y, zoom }: Placement): void {
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
    const scale = zoom * ratio;
    context.setTransform(scale, 0, 0, scale, x * ratio, y * ratio);
    if (this.tile) {
      context.setLineDash([6 / zoom, 4 / zoom]);
      context.lineWidth = 1.5 / zoom;
      context.strokeStyle = "rgb(0 0 0 / 60%)";
      const { x, y, side } = this.tile;
      context.strokeRect(x, y, side, side);
      context.setLineDash([]);
    }
    if (!this.visible) return;
    const seen = {
      left: -x / zoom,
      top: -y / zoom,
      right: (clientWidth - x) / zoom,
      bottom: (clientHeight - y) / zoom,
    };
    for (const object of this.shown) {
      if (
        object.right < seen.left || object.left > seen.right ||
        object.bottom < seen.top || object.top > seen.bottom
      ) continue;
      const chosen = object === this.selected;
      const color = `rgb(${(object.color ?? GREEN).join(" ")})`;
      const side = Math.max(
        object.right - object.left,
        object.bottom - object.top,
      );
      if (side * zoom < 3 && !chosen) {
        context.fillStyle = color;
        context.fillRect(object.left, object.top, 3 / zoom, 3 / zoom);
        continue;
      }
      const path = this.#path(object);
      context.lineJoin = "round";
      // A dark line underneath separates the color from any stain.
      context.lineWidth = (chosen ? 7 : 4) / zoom;
      context.strokeStyle = chosen ? "rgb(255 255 255)" : "rgb(0 0 0 / 45%)";
      context.stroke(path);
      context.lineWidth = (chosen ? 3.5 : 2) / zoom;
      context.strokeStyle = color;
      context.stroke(path);
    }
  }

  #path(object: OutlinedObject): Path2D {
    let path = this.#paths.get(object);
    if (!path) {
      path = new Path2D();
      for (const ring of object.rings) {
        path.moveTo(ring[0], ring[1]);
        for (let i = 2; i < ring.length; i += 2) {
          path.lineTo(ring[i], ring[i + 1]);
        }
        path.closePath();
      }
      this.#paths.set(object, path);
    }
    return path;
  }
}
