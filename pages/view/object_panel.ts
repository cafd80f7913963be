/// <reference lib="dom" />
import type { ViewObject } from "../../src/view/description.ts";
import { ClassLegend } from "./class_legend.ts";
import { ObjectList } from "./object_list.ts";
import type { OutlinedObject } from "./object_store.ts";
import type { PageContext } from "./page_context.ts";

/** Adds the list of objects, the legend of their classes, and their selection in the slide. */
export function addObjects(context: PageContext): void {
  const { view, viewer, layers, store, selection, outlines, keys } = context;
  const { placement, redraw } = context;
  const list = new ObjectList(() => store.shown, {
    mpp: view.mpp,
    colorOf: (object) => store.colorOf(object),
    choose(object) {
      selection.set([object]);
      show(context, object);
    },
  });
  const legend = new ClassLegend((hidden, colors) => {
    layers.get("mask")?.hide(colors);
    store.hide(hidden);
  });
  store.onChange(() => {
    legend.refresh([...store.objects]);
    list.refresh();
    redraw();
  });
  selection.onChange(() => {
    list.select(selection.only);
    redraw();
  });
  viewer.addHandler("canvas-click", ({ quick, position }) => {
    const place = placement();
    if (!quick || !place || !outlines.visible) return;
    const object = store.at(...place.toSlide(position.x, position.y));
    selection.set(object ? [object] : []);
  });
  keys.add({
    keys: { n: () => list.step(1), b: () => list.step(-1) },
    help: "next, previous object",
  });
  list.refresh();
}

/** Fetches new objects, some thousands at a time. */
export async function fetchObjects(
  { base, store }: PageContext,
): Promise<void> {
  const found: ViewObject[] = [];
  while (true) {
    const from = store.size + found.length;
    const response = await fetch(`${base}objects.json?from=${from}`);
    const { objects, total }: { objects: ViewObject[]; total: number } =
      await response.json();
    found.push(...objects);
    if (objects.length === 0 || from + objects.length >= total) break;
  }
  store.put(found);
}

/** Moves to an object, with room around it. */
function show(
  { moveTo }: PageContext,
  { left, top, right, bottom }: OutlinedObject,
): void {
  const half = Math.max(right - left, bottom - top, 40) * 1.1;
  const [x, y] = [(left + right) / 2, (top + bottom) / 2];
  moveTo({ left: x - half, right: x + half, top: y - half, bottom: y + half });
}
