/// <reference lib="dom" />
import OpenSeadragon from "openseadragon";
import type { ViewDescription } from "../../src/view/description.ts";
import { element } from "./element.ts";
import { MapLayer } from "./map_layer.ts";
import { Placement } from "./placement.ts";
import { joinTiles } from "./tile_borders.ts";

/** Makes OpenSeadragon for a slide. */
export function makeViewer(slide: ViewDescription): OpenSeadragon.Viewer {
  quietenConsole();
  // For the navigator, too: a slide without a pyramid is slow.
  OpenSeadragon.DEFAULT_SETTINGS.timeout = 300_000;
  const viewer = OpenSeadragon({
    element: element("viewer"),
    drawer: "canvas",
    showNavigationControl: false,
    showNavigator: true,
    navigatorPosition: "TOP_RIGHT",
    navigatorAutoFade: false, // it would be gone after a moment without the pointer
    navigatorBackground: "transparent",
    navigatorBorderColor: "transparent",
    navigatorDisplayRegionColor: "#0a7a45",
    animationTime: 0.4,
    springStiffness: 9,
    maxZoomPixelRatio: 8,
    smoothTileEdgesMinZoom: Infinity, // see joinTiles()
    minZoomImageRatio: 0.7,
    visibilityRatio: 0.3,
    gestureSettingsMouse: { clickToZoom: false, dblClickToZoom: true },
  });
  MapLayer.colorTiles(viewer);
  joinTiles(viewer);
  fitNavigator(viewer, slide);
  viewer.addHandler("resize", () => fitNavigator(viewer, slide));
  return viewer;
}

/** Most and least pixels of the navigator's sides. */
const NAVIGATOR = { width: 180, height: 130, least: 32 };

/** Gives the navigator the slide's shape and at most a third of the viewer's sides, but never so little that it cannot be seen. */
function fitNavigator(
  viewer: OpenSeadragon.Viewer,
  { width, height }: ViewDescription,
): void {
  const { clientWidth, clientHeight } = viewer.element;
  const scale = Math.min(
    Math.min(NAVIGATOR.width, clientWidth / 3) / width,
    Math.min(NAVIGATOR.height, clientHeight / 3) / height,
  );
  const [across, down] = [width, height]
    .map((side) => Math.max(NAVIGATOR.least, Math.round(side * scale)));
  const { navigator } = viewer as unknown as {
    navigator: {
      setWidth(width: number): void;
      setHeight(height: number): void;
    };
  };
  navigator.setWidth(across);
  navigator.setHeight(down);
}

/** A tile that comes after its layer was loaded anew is left out, which is no news. */
function quietenConsole(): void {
  const warn = (text: string, ...rest: unknown[]) => {
    if (!text.startsWith("Ignoring tile")) console.warn(text, ...rest);
  };
  const quiet = Object.create(console, { warn: { value: warn } });
  Object.assign(OpenSeadragon, { console: quiet });
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
