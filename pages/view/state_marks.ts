/// <reference lib="dom" />
import { kindOf, KINDS, type ObjectKind, STYLES } from "./object_styles.ts";
import type { OutlinedObject } from "./object_store.ts";
import type { Placement } from "./placement.ts";

/**
 * Draws the mark of an object's state, if it has one: upright, at the first corner of its outline, in a disc that is seen
 * on any stain. `ratio` is the canvas's pixels per pixel of the screen.
 */
export function drawMark(
  context: CanvasRenderingContext2D,
  object: OutlinedObject,
  { place, ratio }: { readonly place: Placement; readonly ratio: number },
): void {
  const icon = icons[kindOf(object)];
  if (!icon) return;
  const [[left, top]] = object.rings;
  const [x, y] = place.toScreen(left, top);
  context.save();
  context.setTransform(ratio, 0, 0, ratio, x * ratio, y * ratio);
  context.fillStyle = "rgb(20 24 28)";
  context.beginPath();
  context.arc(0, 0, 7, 0, 7);
  context.fill();
  context.lineWidth = 1.6;
  context.lineCap = context.lineJoin = "round";
  context.strokeStyle = "white";
  context.stroke(icon);
  context.restore();
}

const icons: Partial<Record<ObjectKind, Path2D>> = {};
for (const kind of KINDS) {
  const { icon } = STYLES[kind];
  if (icon) icons[kind] = new Path2D(icon);
}
