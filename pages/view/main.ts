/// <reference lib="dom" />
/// <reference lib="dom.iterable" />
import OpenSeadragon from "openseadragon";
import { formatCount } from "../../src/report/markup.ts";
import type {
  LayerId,
  LiveState,
  ViewDescription,
  ViewObject,
} from "../../src/view/description.ts";
import { drawScaleBar } from "../shared/scale_bar.ts";
import { GREEN, maskColors, probabilityColors } from "./color_table.ts";
import { ClassLegend } from "./class_legend.ts";
import { element } from "./element.ts";
import { followRun } from "./follow_run.ts";
import { addLayerControls, type LayerControls } from "./layer_controls.ts";
import { MapLayer } from "./map_layer.ts";
import { ObjectList } from "./object_list.ts";
import { type OutlinedObject, Outlines, type Placement } from "./outlines.ts";
import { addViewerKeys } from "./viewer_keys.ts";

const LABELS: Record<LayerId, string> = {
  slide: "Slide",
  probability: "Probability",
  mask: "Mask",
};

const view: ViewDescription = await (await fetch("/view.json")).json();
const { name, width, height, mpp } = view;
document.title = `${name} · Tilewise`;
element("name").textContent = name;
element("facts").textContent =
  `${formatCount(width)} × ${formatCount(height)} px` +
  (mpp ? `, ${Number(mpp.x.toPrecision(4))} µm/px` : ", scale unknown");

// For the navigator, too: a slide without a pyramid is slow.
OpenSeadragon.DEFAULT_SETTINGS.timeout = 300_000;
const viewer = OpenSeadragon({
  element: element("viewer"),
  drawer: "canvas",
  showNavigationControl: false,
  showNavigator: true,
  navigatorPosition: "TOP_RIGHT",
  navigatorWidth: Math.round(Math.min(180, 130 * width / height)),
  navigatorHeight: Math.round(Math.min(130, 180 * height / width)),
  navigatorBackground: "transparent",
  navigatorBorderColor: "transparent",
  navigatorDisplayRegionColor: "#0a7a45",
  animationTime: 0.4,
  springStiffness: 9,
  maxZoomPixelRatio: 8,
  minZoomImageRatio: 0.7,
  visibilityRatio: 0.3,
  gestureSettingsMouse: { clickToZoom: false, dblClickToZoom: true },
});
MapLayer.colorTiles(viewer);
const outlines = new Outlines(viewer.canvas as HTMLElement);

function placement(): Placement | undefined {
  const slide = viewer.world.getItemAt(0);
  if (!slide) return undefined;
  const corner = slide.imageToViewerElementCoordinates(
    new OpenSeadragon.Point(0, 0),
  );
  const right = slide.imageToViewerElementCoordinates(
    new OpenSeadragon.Point(width, 0),
  );
  return { x: corner.x, y: corner.y, zoom: (right.x - corner.x) / width };
}

const scaleBar = { bar: element("scale-bar"), label: element("scale-label") };
let pointer = "";
function redraw(): void {
  const place = placement();
  if (!place) return;
  outlines.draw(place);
  drawScaleBar(scaleBar, { zoom: place.zoom, widest: 140, mpp });
  // By convention, 40× is 0.25 µm per pixel.
  const zoom = mpp
    ? `${Number((10 * place.zoom / mpp.x).toPrecision(2))}×`
    : `${Number((100 * place.zoom).toPrecision(2))} %`;
  element("readout").textContent = pointer ? `${pointer}   ${zoom}` : zoom;
}
viewer.addHandler("update-viewport", redraw);
viewer.addHandler("animation", redraw);

let failed = false;
viewer.addHandler("tile-load-failed", async ({ tile }) => {
  if (failed) return;
  failed = true;
  const url = (tile as unknown as { getUrl(): string }).getUrl();
  const text = await fetch(url).then(
    async (response) => response.ok ? "" : await response.text(),
    () => "The server has stopped.",
  );
  element("notice").textContent = text;
  element("notice").hidden = text === "";
});

const controls: Partial<Record<LayerId | "outlines", LayerControls>> = {};
const layers = new Map<LayerId, MapLayer>();
const has = (id: LayerId) => view.layers.some((layer) => layer.id === id);
for (const description of view.layers) {
  const { id } = description;
  const threshold = view.threshold ?? 0.5;
  const colors = {
    slide: undefined,
    mask: description.colored ? undefined : maskColors(),
    probability: probabilityColors(threshold),
  }[id];
  const layer = new MapLayer(viewer, description, {
    slideWidth: width,
    colors,
  });
  layers.set(id, layer);
  controls[id] = addLayerControls({
    label: LABELS[id],
    swatch: id === "mask" && !description.colored
      ? `rgb(${GREEN.join(" ")})`
      : undefined,
    visible: id !== "mask" || !has("probability"),
    opacity: { slide: 1, probability: 0.5, mask: 0.4 }[id],
    threshold: id === "probability" ? threshold : undefined,
    show: (visible, opacity) => layer.show(visible, opacity),
    cut: (threshold) => layer.recolor(probabilityColors(threshold)),
  });
  await layer.load();
}

function choose(object: OutlinedObject | undefined): void {
  outlines.selected = object;
  list.select(object);
  if (object) {
    const side = Math.max(
      object.right - object.left,
      object.bottom - object.top,
      40,
    ) * 2.2;
    viewer.viewport.fitBounds(
      new OpenSeadragon.Rect(
        ((object.left + object.right) / 2 - side / 2) / width,
        ((object.top + object.bottom) / 2 - side / 2) / width,
        side / width,
        side / width,
      ),
    );
  }
  redraw();
}

const list = new ObjectList(() => outlines.shown, { mpp, choose });
const legend = new ClassLegend((hidden, colors) => {
  outlines.hidden = hidden;
  layers.get("mask")?.hide(colors);
  list.refresh();
  redraw();
});

/** Fetches new objects, some thousands at a time. */
async function fetchObjects(): Promise<void> {
  while (true) {
    const from = outlines.objects.length;
    const response = await fetch(`/objects.json?from=${from}`);
    const { objects, total }: { objects: ViewObject[]; total: number } =
      await response.json();
    outlines.add(objects);
    if (objects.length === 0 || outlines.objects.length >= total) break;
  }
  legend.refresh(outlines.objects);
  list.refresh();
  redraw();
}
await fetchObjects();
if (view.live || outlines.objects.length > 0) {
  controls.outlines = addLayerControls({
    label: "Outlines",
    visible: true,
    show(visible) {
      outlines.visible = visible;
      redraw();
    },
  });
}

viewer.addHandler("canvas-click", ({ quick, position }) => {
  const place = placement();
  if (!quick || !place || !outlines.visible) return;
  const object = outlines.at(
    (position.x - place.x) / place.zoom,
    (position.y - place.y) / place.zoom,
  );
  outlines.selected = object;
  list.select(object);
  redraw();
});

element("viewer").addEventListener("pointermove", (event) => {
  const place = placement();
  if (!place) return;
  const box = element("viewer").getBoundingClientRect();
  const x = Math.floor((event.clientX - box.left - place.x) / place.zoom);
  const y = Math.floor((event.clientY - box.top - place.y) / place.zoom);
  const inside = x >= 0 && y >= 0 && x < width && y < height;
  pointer = inside ? `x ${formatCount(x)}  y ${formatCount(y)}` : "";
  redraw();
});
element("viewer").addEventListener("pointerleave", () => {
  pointer = "";
  redraw();
});

addViewerKeys(viewer, { controls, step: (by) => list.step(by) });

let latest: LiveState | undefined;
let shown = -1;

/** Polls a run for news, with pauses that leave the machine to the run. */
async function catchUp(): Promise<void> {
  const { done, objects, ended } = latest!;
  if (objects > outlines.objects.length) await fetchObjects();
  if (done !== shown) {
    for (const layer of layers.values()) {
      if (layer.description.id !== "slide") await layer.refresh();
    }
  }
  shown = done;
  if (!ended || latest!.done !== done) setTimeout(catchUp, 2000);
}

if (view.live) {
  element("empty").textContent = "None yet.";
  followRun((state) => {
    const first = latest === undefined;
    latest = state;
    outlines.tile = state.ended ? undefined : state.tile;
    redraw();
    if (first) catchUp();
  });
}
