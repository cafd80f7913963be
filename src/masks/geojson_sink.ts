import type { MaskBand } from "./mask_band.ts";
import type { MaskPolygon } from "./mask_polygon.ts";
import type { MaskSink } from "./mask_sink.ts";
import { AtomicFile } from "./atomic_file.ts";
import {
  polygonFeature,
  type PolygonFeatureOptions,
} from "./polygon_feature.ts";
import { Polygonizer } from "./polygonizer.ts";

/** What a {@linkcode GeoJsonSink} writes. */
export interface GeoJsonSinkOptions
  extends Omit<PolygonFeatureOptions, "index"> {
  /** The slide's width in pixels. */
  readonly width: number;
  /** The slide's height in pixels. */
  readonly height: number;
  /** Called with each object as it is written, so that a summary need not trace the mask again. */
  readonly onPolygon?: (polygon: MaskPolygon) => void;
}

/**
 * Writes the objects of a mask as a GeoJSON FeatureCollection of polygons with holes, in level-0 pixels, as QuPath imports
 * annotations. Objects are written as soon as the rows have passed them, so they are sorted by their lowest row. Deno only.
 *
 * @example
 * ```ts
 * import { GeoJsonSink, writeBands } from "@tilewise/tilewise";
 *
 * async function* bands() {
 *   yield { y: 0, width: 2, height: 1, mask: new Uint8Array([0, 1]) };
 * }
 * const path = await Deno.makeTempFile({ suffix: ".geojson" });
 * await writeBands(bands(), [new GeoJsonSink(path, { width: 2, height: 1 })]);
 * await Deno.remove(path);
 * ```
 */
export class GeoJsonSink implements MaskSink {
  readonly #path: string;
  readonly #polygonizer: Polygonizer;
  #file: AtomicFile | undefined;
  #count = 0;
  /** Features of this band that are not written yet. */
  #pending: string[] = [];

  /**
   * Makes a sink; {@linkcode GeoJsonSink.open} opens the file.
   *
   * @param path Where to; `NAME.geojson` by habit.
   * @throws {RangeError} If a size is not a positive integer.
   */
  constructor(path: string, options: GeoJsonSinkOptions) {
    const { width, height, mpp, classification, onPolygon } = options;
    this.#path = path;
    this.#polygonizer = new Polygonizer({
      width,
      height,
      onPolygon: (polygon) => {
        const index = this.#count++;
        const feature = polygonFeature(polygon, { index, mpp, classification });
        this.#pending.push(
          `${index > 0 ? "," : ""}\n${JSON.stringify(feature)}`,
        );
        onPolygon?.(polygon);
      },
    });
  }

  /** Opens the file. */
  async open(): Promise<void> {
    this.#file = await AtomicFile.create(this.#path);
    await this.#file.write(
      new TextEncoder().encode('{"type":"FeatureCollection","features":['),
    );
  }

  /** Writes the objects that end in this band. */
  async write(band: MaskBand): Promise<void> {
    if (!this.#file) await this.open();
    this.#polygonizer.write(band);
    await this.#flush();
  }

  /** Writes the objects that reach the foot of the slide, and names the file. */
  async close(): Promise<void> {
    await this.#polygonizer.close();
    await this.#flush();
    await this.#file?.write(new TextEncoder().encode("\n]}\n"));
    await this.#file?.close();
  }

  /** Removes what was written. */
  async abort(): Promise<void> {
    await this.#polygonizer.abort();
    await this.#file?.abort();
  }

  async #flush(): Promise<void> {
    const encoder = new TextEncoder();
    // Some hundred features a write: one each is slow, all at once may outgrow a string.
    for (let from = 0; from < this.#pending.length; from += 256) {
      const text = this.#pending.slice(from, from + 256).join("");
      await this.#file!.write(encoder.encode(text));
    }
    this.#pending = [];
  }
}
