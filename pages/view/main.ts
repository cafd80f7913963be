/// <reference lib="dom" />
/// <reference lib="dom.iterable" />
import { formatCount } from "../../src/report/markup.ts";
import type { LayerId, ViewDescription } from "../../src/view/description.ts";
import { element } from "./element.ts";
import { KeyTable } from "./key_table.ts";
import { addLayers, addOutlineControls } from "./layer_panel.ts";
import { addLevels } from "./levels/add_levels.ts";
import { addLiveRun } from "./live_run.ts";
import type { MapLayer } from "./map_layer.ts";
import { addColoring } from "./object_coloring.ts";
import { addObjects, fetchObjects } from "./object_panel.ts";
import { ObjectStore } from "./object_store.ts";
import { Outlines } from "./outlines.ts";
import type { PageContext } from "./page_context.ts";
import type { Placement } from "./placement.ts";
import { addReadout } from "./readout.ts";
import { addSections } from "./sections.ts";
import { Selection } from "./selection.ts";
import {
  makeViewer,
  moveTo,
  placementOf,
  reportFailures,
} from "./slide_viewer.ts";
import { addViewerKeys } from "./viewer_keys.ts";

const base = "/slides/0/";
const view: ViewDescription = await (await fetch(`${base}view.json`)).json();
showFacts(view);
addSections();
const context = makeContext(view, base);
addViewerKeys(context);
addReadout(context);
addColoring(context);
addObjects(context);
await addLayers(context);
await fetchObjects(context);
if (view.live || view.levels || context.store.size > 0) {
  addOutlineControls(context);
}
addLevels(context);
if (view.live) addLiveRun(context);

function showFacts({ name, width, height, mpp }: ViewDescription): void {
  document.title = `${name} · Tilewise`;
  element("name").textContent = name;
  element("facts").textContent =
    `${formatCount(width)} × ${formatCount(height)} px` +
    (mpp ? `, ${Number(mpp.x.toPrecision(4))} µm/px` : ", scale unknown");
}

function makeContext(view: ViewDescription, base: string): PageContext {
  const viewer = makeViewer(view);
  const store = new ObjectStore();
  const selection = new Selection(store);
  const parent = viewer.canvas as HTMLElement;
  const outlines = new Outlines(parent, { store, selection });
  let hasSlide = false; // outlines would lie over nothing
  const drawn: ((place: Placement) => void)[] = [];
  const placement = () => placementOf(viewer, view);
  let waiting = false;
  const redraw = () => {
    if (waiting) return;
    waiting = true;
    requestAnimationFrame(() => {
      waiting = false;
      const place = placement();
      if (!place) return;
      if (hasSlide) outlines.draw(place);
      drawn.forEach((draw) => draw(place));
    });
  };
  const follow = () => {
    const place = placement();
    if (!place) return;
    if (hasSlide) outlines.follow(place);
    drawn.forEach((draw) => draw(place));
  };
  const notice = (text = "") => {
    element("notice").textContent = text;
    element("notice").hidden = text === "";
  };
  // In the frame in which the slide moves, so that nothing lags behind it.
  viewer.addHandler("update-viewport", follow);
  viewer.addHandler("tile-drawn", ({ tiledImage }) => {
    hasSlide ||= tiledImage === viewer.world.getItemAt(0);
  });
  reportFailures(viewer, notice);
  return {
    ...{ view, base, viewer, store, selection, outlines, redraw, notice },
    layers: new Map<LayerId, MapLayer>(),
    controls: {},
    keys: new KeyTable(),
    placement,
    onDraw: (draw) => void drawn.push(draw),
    moveTo: (bounds) => moveTo(viewer, { ...bounds, width: view.width }),
  };
}
