import { cannot } from "../errors/cannot.ts";
import { openMask } from "../slide/open_mask.ts";
import { openSlide } from "../slide/open_slide.ts";
import type { Slide } from "../slide/slide.ts";
import type { LayerId } from "./description.ts";
import { expectMap } from "./expect_map.ts";
import { readObjects } from "./read_objects.ts";
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
  /** The objects: GeoJSON. */
  readonly geojson?: string;
  /** The page with the slide, in files with several pages. */
  readonly page?: number;
  /** The sample values of black and white. */
  readonly sampleRange?: readonly [min: number, max: number];
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
  const slide = opened.use(
    await openSlide(path, { page, sampleRange, signal }),
  );
  const layers = new Map<string, TileLayer>();
  const { name, width, height, mpp, warnings = [] } = slide;
  layers.set("slide", new TileLayer(slide, { id: "slide", slideWidth: width }));
  for (const id of ["probability", "mask"] as const) {
    const file = options[id];
    if (file === undefined) continue;
    const mask = id === "mask"
      ? opened.use(await openMask(file, { signal }))
      : undefined;
    const colored = mask?.colored ?? false;
    const map = mask && !colored
      ? mask
      : opened.use(await openSlide(file, { signal }));
    const slideWidth = checkShape(map, slide, { id, file });
    if (!colored) await expectMap(map, { id, file, signal });
    layers.set(id, new TileLayer(map, { id, slideWidth, colored }));
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
  throw cannot(
    `show ${id} "${file}"`,
    `it must have the shape of the slide, ${slide.width}×${slide.height}, and is ${map.width}×${map.height}`,
    { kind: RangeError },
  );
}
