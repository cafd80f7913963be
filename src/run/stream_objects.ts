import type { MaskBand } from "../masks/mask_band.ts";
import type { MaskPolygon } from "../masks/polygons/outline.ts";
import { Polygonizer } from "../masks/polygons/polygonizer.ts";

/**
 * Options for {@linkcode streamObjects}.
 *
 * @category Segmentation
 */
export interface StreamObjectsOptions {
  /** The slide's width in pixels. */
  readonly width: number;
  /** The slide's height in pixels. */
  readonly height: number;
  /** The class whose objects are traced, from 1. Default: all classes are one. */
  readonly class?: number;
}

/**
 * Traces the objects of a mask, each as soon as its last row is read: the stage after `stitchBands()`. It pulls a band when
 * the next object is requested, so a slow consumer slows down the reader of the slide.
 *
 * @example
 * ```ts
 * import { streamObjects } from "@tilewise/tilewise/run";
 *
 * async function* bands() {
 *   yield { y: 0, width: 3, height: 1, mask: new Uint8Array([1, 1, 0]) };
 * }
 * for await (const { area } of streamObjects(bands(), { width: 3, height: 1 })) {
 *   console.assert(area === 2);
 * }
 * ```
 *
 * @throws {RangeError} If a size is not a positive integer, or a band is out of order.
 *
 * @category Segmentation
 */
export function streamObjects(
  bands: AsyncIterable<MaskBand>,
  options: StreamObjectsOptions,
): AsyncGenerator<MaskPolygon, void, undefined> {
  const found: MaskPolygon[] = [];
  const polygonizer = new Polygonizer({
    ...options,
    onPolygon: (polygon) => void found.push(polygon),
  });
  return stream();

  async function* stream(): AsyncGenerator<MaskPolygon, void, undefined> {
    for await (const band of bands) {
      polygonizer.write(band);
      yield* found.splice(0);
    }
    await polygonizer.close();
    yield* found.splice(0);
  }
}
