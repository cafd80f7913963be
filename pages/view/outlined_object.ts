/// <reference lib="dom" />
import type { ViewObject } from "../../src/view/description.ts";
import type { Bounds } from "./placement.ts";

/** Pixels of the screen within which corners of an outline are one. */
const SPACING = 0.8;

/** An object on the page, with its bounds and paths in level-0 pixels. */
export class OutlinedObject implements ViewObject, Bounds {
  readonly id: ViewObject["id"];
  readonly rings: ViewObject["rings"];
  readonly area: ViewObject["area"];
  readonly probability: ViewObject["probability"];
  readonly name: ViewObject["name"];
  readonly color: ViewObject["color"];
  readonly measurements: ViewObject["measurements"];
  readonly state: ViewObject["state"];
  readonly left: number;
  readonly top: number;
  readonly right: number;
  readonly bottom: number;
  /** Its number on the page, from 1. */
  readonly number: number;
  #path: Path2D | undefined;
  #coarse: { readonly level: number; readonly path: Path2D } | undefined;

  constructor(object: ViewObject, number: number) {
    this.id = object.id;
    this.rings = object.rings;
    this.area = object.area;
    this.probability = object.probability;
    this.name = object.name;
    this.color = object.color;
    this.measurements = object.measurements;
    this.state = object.state;
    this.number = number;
    let [left, top, right, bottom] = [Infinity, Infinity, -Infinity, -Infinity];
    for (const ring of object.rings) {
      for (let i = 0; i < ring.length; i += 2) {
        left = Math.min(left, ring[i]);
        right = Math.max(right, ring[i]);
        top = Math.min(top, ring[i + 1]);
        bottom = Math.max(bottom, ring[i + 1]);
      }
    }
    [this.left, this.top, this.right, this.bottom] = [left, top, right, bottom];
  }

  /** The longer side of its bounds. */
  get side(): number {
    return Math.max(this.right - this.left, this.bottom - this.top);
  }

  /** Its outline. */
  get path(): Path2D {
    return this.#path ??= pathOf(this.rings, 0);
  }

  /** Its outline as far as it can be told from a simpler one on the screen; `zoom` is screen pixels per level-0 pixel. */
  pathAt(zoom: number): Path2D {
    const level = Math.max(0, Math.ceil(-Math.log2(zoom)));
    if (level === 0) return this.path;
    if (this.#coarse?.level !== level) {
      const path = pathOf(this.rings, SPACING * 2 ** (level - 1));
      this.#coarse = { level, path };
    }
    return this.#coarse!.path;
  }
}

/** The path of rings, without corners that are closer than `spacing` to the last one that was kept. */
function pathOf(
  rings: readonly (readonly number[])[],
  spacing: number,
): Path2D {
  const path = new Path2D();
  for (const ring of rings) {
    let [x, y] = ring;
    path.moveTo(x, y);
    for (let i = 2; i < ring.length; i += 2) {
      const [dx, dy] = [ring[i] - x, ring[i + 1] - y];
      if (dx * dx + dy * dy < spacing * spacing) continue;
      [x, y] = [ring[i], ring[i + 1]];
      path.lineTo(x, y);
    }
    path.closePath();
  }
  return path;
}
