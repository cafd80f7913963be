/// <reference lib="dom" />
import { ClassLegend } from "./class_legend.ts";
import { fetchObjects } from "./fetch_objects.ts";
import { ObjectList } from "./object_list.ts";
import type { OutlinedObject } from "./object_store.ts";
import type { PageContext } from "./page_context.ts";
import { StateFilter } from "./state_filter.ts";

/** How near a click must be to the outline of a region, in pixels of the screen. */
const NEAR = 6;

/** Adds the list of objects, the legend of their classes, and their selection in the slide. */
export function addObjects(context: PageContext): ObjectList {
  const { view, viewer, layers, store, selection, outlines, keys } = context;
  const { placement, redraw } = context;
  const filter = new StateFilter(store, () => list.refresh());
  const list: ObjectList = new ObjectList(() => filter.objects, {
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
    filter.refresh();
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
    const object = store.at(
      ...place.toSlide(position.x, position.y),
      NEAR / place.zoom,
    );
    selection.set(object ? [object] : []);
  });
  keys.add({
    keys: { n: () => list.step(1), b: () => list.step(-1) },
    help: "next, previous object",
  });
  list.refresh();
  return list;
}

/** Fetches new objects. */
export async function fetchNewObjects(
  { base, store }: PageContext,
): Promise<void> {
  store.put(await fetchObjects(base, store.size));
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
