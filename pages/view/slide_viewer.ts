/// <reference lib="dom" />
import OpenSeadragon from "openseadragon";
import type { ViewDescription } from "../../src/view/description.ts";
import { element } from "./element.ts";
import { MapLayer } from "./map_layer.ts";
import { Placement } from "./placement.ts";

/** Makes OpenSeadragon for a slide. */
export function makeViewer(
  { width, height }: ViewDescription,
): OpenSeadragon.Viewer {
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
  return viewer;
}

/** Where the slide, the lowest layer, is on the screen; `undefined` until it is open. */
export function placementOf(
  viewer: OpenSeadragon.Viewer,
  { width }: ViewDescription,
): Placement | undefined {
  const slide = viewer.world.getItemAt(0);
  if (!slide) return undefined;
  const [corner, right] = [0, width].map((x) =>
    slide.imageToViewerElementCoordinates(new OpenSeadragon.Point(x, 0))
  );
  const [dx, dy] = [right.x - corner.x, right.y - corner.y];
  return new Placement({
    x: corner.x,
    y: corner.y,
    zoom: Math.hypot(dx, dy) / width,
    angle: Math.atan2(dy, dx),
  });
}

/** Moves the viewer to a rectangle in level-0 pixels. */
export function moveTo(
  viewer: OpenSeadragon.Viewer,
  { left, top, right, bottom, width }: {
    readonly left: number;
    readonly top: number;
    readonly right: number;
    readonly bottom: number;
    /** The slide's width. */
    readonly width: number;
  },
): void {
  viewer.viewport.fitBounds(
    new OpenSeadragon.Rect(
      left / width,
      top / width,
      (right - left) / width,
      (bottom - top) / width,
    ),
  );
}

/** Shows why tiles could not be loaded, once. */
export function reportFailures(
  viewer: OpenSeadragon.Viewer,
  notice: (text: string) => void,
): void {
  let failed = false;
  viewer.addHandler("tile-load-failed", async ({ tile }) => {
    if (failed) return;
    failed = true;
    const url = (tile as unknown as { getUrl(): string }).getUrl();
    const text = await fetch(url).then(
      async (response) => response.ok ? "" : await response.text(),
      () => "The server has stopped.",
    );
    notice(text);
  });
}
