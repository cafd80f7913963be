import { cannot } from "../errors/cannot.ts";
import { openMask } from "../slide/open_mask.ts";
import { openSlide } from "../slide/open_slide.ts";
import type { Slide } from "../slide/slide.ts";
import type { LayerSource } from "./deep_zoom.ts";
import type { LayerId } from "./description.ts";
import { expectMap } from "./expect_map.ts";
import { highestOf, openLevels } from "./levels/open_levels.ts";
import { readMapRun } from "./levels/read_map_run.ts";
import { serveLabelImages } from "./label_images.ts";
import { readObjects } from "./read_objects.ts";
import { openPicture } from "./open_picture.ts";
import { TileLayer } from "./tile_layer.ts";
import type { View } from "./view.ts";

/**
 * Options for {@linkcode openView}.
 *
 * @category Viewer
 */
export interface OpenViewOptions {
  /** A mask with the shape of the slide, at its size or smaller: a TIFF; with a palette, it is shown in its colors. */
  readonly mask?: string;
  /** A probability map likewise: a TIFF of 8-bit gray. */
  readonly probability?: string;
  /** The maps of several classes, in order, unless `probability` is given. */
  readonly probabilities?: readonly string[];
  /** The objects: GeoJSON. */
  readonly geojson?: string;
  /** Micrometers per level-0 pixel. Default: the file's. */
  readonly mpp?: number | { readonly x: number; readonly y: number };
  /** The page with the slide, in files with several pages. */
  readonly page?: number;
  /** The sample values of black and white. */
  readonly sampleRange?: readonly [min: number, max: number];
  /** Whether label, macro and other pictures beside the slide are served: they may show a patient's name. Default: false. */
  readonly labelImages?: boolean;
  /** Stops early. */
  readonly signal?: AbortSignal;
}

/**
 * Opens a slide and its results for viewing.
 *
 * @throws {RangeError} If a map has another shape than the slide.
 * @throws {TypeError} If a map has colors, like a slide.
 * @throws {Error} If a file cannot be opened.
 *
 * @category Viewer
 */
export async function openView(
  path: string,
  options: OpenViewOptions = {},
): Promise<View & AsyncDisposable> {
  const { page, sampleRange, signal } = options;
  await using opened = new AsyncDisposableStack();
  const picture = opened.use(
    await openPicture(path, { mpp: options.mpp, page, sampleRange, signal }),
  );
  const { slide, channels, notes, warnings } = picture;
  const { name, width, height, mpp } = slide;
  const layers = new Map(picture.layers);
  const shown = [...picture.shown];
  const add = (layer: TileLayer) => {
    layers.set(layer.description.id, layer);
    shown.push(layer.description);
  };
  const { probability, probabilities = [] } = options;
  const maps = probability === undefined ? probabilities : [probability];
  const sources: LayerSource[] = [];
  let slideWidth = 0;
  for (const file of maps) {
    const map = opened.use(await openSlide(file, { signal }));
    slideWidth = checkShape(map, slide, { id: "probability", file });
    await expectMap(map, { id: "probability", file, signal });
    expectSame(map, sources[0], file);
    sources.push(map);
  }
  if (sources.length > 0) {
    const layer = highestOf(sources);
    const id = "probability";
    add(new TileLayer(layer, { id, slideWidth }));
  }
  const run = sources.length > 0 ? await readMapRun(maps) : undefined;
  const levels = sources.length > 0
    ? openLevels(sources, { slide, slideWidth, run })
    : undefined;
  if (options.mask !== undefined) {
    const [id, file] = ["mask", options.mask] as const;
    const mask = opened.use(await openMask(file, { signal }));
    const { colored } = mask;
    const map = colored ? opened.use(await openSlide(file, { signal })) : mask;
    const slideWidth = checkShape(map, slide, { id, file });
    if (!colored) await expectMap(map, { id, file, signal });
    add(new TileLayer(map, { id, slideWidth, colored }));
  }
  const objects = options.geojson
    ? await readObjects(options.geojson, { mpp })
    : [];
  const { labelImages, handlers } = serveLabelImages(
    slide,
    options.labelImages ?? false,
  );
  const left = new AbortController();
  const first = readFirst([...layers.values()], left.signal);
  opened.defer(async () => {
    left.abort();
    await first;
  });
  const kept = opened.move();
  return {
    description: {
      ...{ name, width, height, mpp, labelImages, channels, notes },
      layers: shown,
      threshold: run?.threshold,
      levels: levels?.description,
      live: false,
    },
    ...{ layers, objects, warnings },
    handlers: new Map([...handlers ?? [], ...levels?.handlers ?? []]),
    [Symbol.asyncDispose]: () => kept.disposeAsync(),
  };
}

/** Checks that the maps of classes have one size. */
function expectSame(
  { width, height }: LayerSource,
  first: LayerSource | undefined,
  file: string,
): void {
  if (!first || first.width === width && first.height === height) return;
  throw cannot(
    `show probability "${file}"`,
    `it must have the size of the map of the first class, ${first.width}×${first.height}, and is ${width}×${height}`,
    { kind: RangeError },
  );
}

/** Makes the coarsest tile of each layer, which the page will ask for first, while the page loads. */
async function readFirst(
  layers: readonly TileLayer[],
  signal: AbortSignal,
): Promise<void> {
  for (const layer of layers) {
    const { minZoom } = layer.description;
    const place = { column: 0, row: 0 };
    // Whoever asks for it will be told.
    await layer.tile(minZoom, place, { signal }).catch(() => {});
  }
}

/** Checks that a map covers the slide; returns its width in level-0 pixels. */
function checkShape(
  map: Slide,
  slide: Pick<Slide, "width" | "height">,
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
  throw cannot(
    `show ${id} "${file}"`,
    `it must have the shape of the slide, ${slide.width}×${slide.height}, and is ${map.width}×${map.height}`,
    { kind: RangeError },
  );
}
