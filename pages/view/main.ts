/// <reference lib="dom" />
/// <reference lib="dom.iterable" />
import { formatCount } from "../../src/report/markup.ts";
import type { LayerId, ViewDescription } from "../../src/view/description.ts";
import type { SlideItem } from "../../src/view/view.ts";
import { loadChannels } from "./channel_panel.ts";
import { addEditing, offeredCorrections } from "./edit/add_editing.ts";
import { element } from "./element.ts";
import { oncePerFrame } from "./frames.ts";
import { addImagePanel } from "./image_panel.ts";
import { KeyTable } from "./key_table.ts";
import { addLayers, addOutlineControls } from "./layer_panel.ts";
import { addLevels } from "./levels/add_levels.ts";
import { addLiveRun } from "./live_run.ts";
import type { MapLayer } from "./map_layer.ts";
import { addMeasuring } from "./measure/measuring.ts";
import { addColoring } from "./object_coloring.ts";
import { addObjects, fetchNewObjects } from "./object_panel.ts";
import { ObjectStore } from "./object_store.ts";
import { Outlines } from "./outlines.ts";
import type { PageContext } from "./page_context.ts";
import type { Placement } from "./placement.ts";
import { addReadout } from "./readout.ts";
import { addRotation } from "./rotation.ts";
import { addSections } from "./sections.ts";
import { Selection } from "./selection.ts";
import {
  makeViewer,
  moveTo,
  placementOf,
  reportFailures,
} from "./slide_viewer.ts";
import { addAddress, slideOfAddress } from "./slides/address_bar.ts";
import { SlideList } from "./slides/slide_list.ts";
import { addSnapshot } from "./snapshot.ts";
import { addViewerKeys } from "./viewer_keys.ts";

const slides: SlideItem[] = await (await fetch("/slides.json")).json();
const { number, problem } = slideOfAddress(slides);
const base = `/slides/${number}/`;
const keys = new KeyTable();
addSections();
new SlideList(slides, { number, keys });
const view = await fetchView(base);
showFacts(view);
const context = makeContext(view, base);
if (problem) context.notice(problem);
// The page of a run shows one slide after another.
if (view.live) element("copy-link").hidden = true;
else addAddress(context, { slides, number, isNamed: !problem });
addViewerKeys(context);
addRotation(context);
addReadout(context);
addMeasuring(context);
addSnapshot(context);
addColoring(context);
const list = addObjects(context);
await loadChannels(context);
await addLayers(context);
addImagePanel(context);
const corrections = await offeredCorrections(context);
await fetchNewObjects(context);
if (corrections) addEditing(context, { list, corrections });
if (view.live || view.levels || context.store.size > 0) {
  addOutlineControls(context);
}
addLevels(context);
if (view.live) addLiveRun(context);

/** Fetches the description of the slide; if it cannot be opened, says so, and others can be chosen. */
async function fetchView(base: string): Promise<ViewDescription> {
  const { name } = slides[number]; // with its folder, if another has the same
  document.title = `${name} · Tilewise`;
  element("name").textContent = name;
  element("facts").textContent = "Opening…";
  const response = await fetch(`${base}view.json`);
  if (response.ok) return { ...await response.json(), name };
  element("facts").textContent = "Not opened";
  showNotice(await response.text());
  globalThis.addEventListener("hashchange", () => location.reload());
  return await new Promise(() => {});
}

function showNotice(text = ""): void {
  element("notice").textContent = text;
  element("notice").hidden = text === "";
}

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
  const redraw = oncePerFrame(() => {
    const place = placement();
    if (!place) return;
    if (hasSlide) outlines.draw(place);
    drawn.forEach((draw) => draw(place));
  });
  const follow = () => {
    const place = placement();
    if (!place) return;
    if (hasSlide) outlines.follow(place);
    drawn.forEach((draw) => draw(place));
  };
  // In the frame in which the slide moves, so that nothing lags behind it.
  viewer.addHandler("update-viewport", follow);
  viewer.addHandler("tile-drawn", ({ tiledImage }) => {
    hasSlide ||= tiledImage === viewer.world.getItemAt(0);
  });
  reportFailures(viewer, showNotice);
  return {
    ...{ view, base, viewer, store, selection, outlines, redraw, keys },
    layers: new Map<LayerId, MapLayer>(),
    controls: {},
    notice: showNotice,
    placement,
    onDraw: (draw) => void drawn.push(draw),
    moveTo: (bounds) => moveTo(viewer, { ...bounds, width: view.width }),
  };
}
