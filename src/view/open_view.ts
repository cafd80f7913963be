import { openMask } from "../slide/open_mask.ts";
import { openSlide } from "../slide/open_slide.ts";
import type { Slide } from "../slide/slide.ts";
import { readObjects } from "./read_objects.ts";
import type { View } from "./serve_view.ts";
import { TileLayer } from "./tile_layer.ts";

/** Description of a view, shared by the server and the page. */
export interface ViewDescription {
  /** The slide's name. */
  readonly name: string;
  /** The slide's width in level-0 pixels. */
  readonly width: number;
  /** The slide's height in level-0 pixels. */
  readonly height: number;
  /** Micrometers per level-0 pixel, if known. */
  readonly mpp?: { readonly x: number; readonly y: number };
  /** What can be shown, from the bottom up. */
  readonly layers: readonly LayerDescription[];
  /** The run's threshold. Default: 0.5. */
  readonly threshold?: number;
  /** Whether a run is in progress, reported by `/events`. */
  readonly live: boolean;
}

/** The name of a layer, and of its tiles' address. */
export type LayerId = "slide" | "probability" | "mask";

/** A layer of deep-zoom tiles. */
export interface LayerDescription {
  /** Its name. */
  readonly id: LayerId;
  /** Width in its own pixels, at its finest zoom. */
  readonly width: number;
  /** Height in its own pixels. */
  readonly height: number;
  /** Width in level-0 pixels of the slide; a layer may overhang it by part of a pixel. */
  readonly slideWidth: number;
  /** Side of a tile. */
  readonly tileSize: number;
  /** The coarsest zoom. */
  readonly minZoom: number;
  /** The finest zoom. */
  readonly maxZoom: number;
}

/** An object as the page lists and draws it. */
export interface ViewObject {
  /** Rings of x, y, x, y, … in level-0 pixels, not closed: outer ones and holes. */
  readonly rings: readonly (readonly number[])[];
  /** Level-0 pixels in it. */
  readonly area: number;
  /** Mean probability, if known. */
  readonly probability?: number;
  /** Its class. */
  readonly name?: string;
  /** Its color, 0 to 255. */
  readonly color?: readonly [red: number, green: number, blue: number];
}

/** Progress of a run. */
export interface LiveState {
  /** Number of the slide in a batch; when it changes, the page starts over. */
  readonly run: number;
  /** Tiles done, with or without tissue. */
  readonly done: number;
  /** Tiles in all. */
  readonly total: number;
  /** Of those done, tiles without tissue. */
  readonly skipped: number;
  /** Seconds since the run began. */
  readonly seconds: number;
  /** Whether the slide is done. */
  readonly ended: boolean;
  /** Objects that `/objects` has. */
  readonly objects: number;
  /** The last tile's center in level-0 pixels. */
  readonly tile?: {
    readonly x: number;
    readonly y: number;
    readonly side: number;
  };
}

/** Options for {@linkcode openView}. */
export interface OpenViewOptions {
  /** A mask of the slide's shape, at its size or smaller: a TIFF. */
  readonly mask?: string;
  /** A probability map likewise: a TIFF of 8-bit gray. */
  readonly probability?: string;
  /** The objects: GeoJSON. */
  readonly geojson?: string;
  /** The page that is the slide, of files that hold several. */
  readonly page?: number;
  /** The values of a sample that are black and white. */
  readonly sampleRange?: readonly [min: number, max: number];
  /** Stops early. */
  readonly signal?: AbortSignal;
}

/**
 * Opens a slide and its results for viewing.
 *
 * @throws What `openSlide` throws; {@linkcode RangeError} where a map has another shape than the slide.
 */
export async function openView(
  path: string,
  options: OpenViewOptions = {},
): Promise<View & AsyncDisposable> {
  const { page, sampleRange, signal } = options;
  await using opened = new AsyncDisposableStack();
  const slide = opened.use(
    await openSlide(path, { page, sampleRange, signal }),
  );
  const layers = new Map<string, TileLayer>();
  const { name, width, height, mpp, warnings = [] } = slide;
  layers.set("slide", new TileLayer(slide, { id: "slide", slideWidth: width }));
  for (const id of ["probability", "mask"] as const) {
    const file = options[id];
    if (file === undefined) continue;
    const open = id === "mask" ? openMask : openSlide;
    const map = opened.use(await open(file, { signal }));
    const slideWidth = checkShape(map, slide, { id, file });
    layers.set(id, new TileLayer(map, { id, slideWidth }));
  }
  const objects = options.geojson
    ? await readObjects(options.geojson, { mpp })
    : [];
  const kept = opened.move();
  return {
    description: {
      ...{ name, width, height, mpp },
      layers: [...layers.values()].map(({ description }) => description),
      live: false,
    },
    layers,
    objects,
    warnings,
    [Symbol.asyncDispose]: () => kept.disposeAsync(),
  };
}

/** Checks that a map covers the slide; returns its width in level-0 pixels. */
function checkShape(
  map: Slide,
  slide: Slide,
  { id, file }: { readonly id: LayerId; readonly file: string },
): number {
  const scale = slide.width / map.width;
  const whole = Math.max(1, Math.round(scale));
  // Maps that are smaller by a whole number are rounded up, and overhang the slide by part of a pixel.
  if (
    Math.ceil(slide.width / whole) === map.width &&
    Math.ceil(slide.height / whole) === map.height
  ) return map.width * whole;
  if (Math.abs(slide.height / scale - map.height) <= 1) return slide.width;
  throw new RangeError(
    `Cannot show ${id} ${file} as it has the shape of the slide, ${slide.width}×${slide.height}: received ${map.width}×${map.height}`,
  );
}
