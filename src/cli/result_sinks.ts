import type { MaskPolygon } from "../masks/polygons/mask_polygon.ts";
import type { MaskSink } from "../masks/mask_band.ts";
import { ObjectSink } from "../masks/polygons/object_sink.ts";
import { OverlaySink } from "../masks/pictures/overlay_sink.ts";
import type { Overview } from "../masks/pictures/overview.ts";
import { PngSink } from "../masks/pictures/png_sink.ts";
import type { Producer } from "../masks/run_record.ts";
import { RleSink } from "../masks/rle/rle_sink.ts";
import { TiffSink } from "../masks/tiff/tiff_sink.ts";
import type { Slide } from "../slide/slide.ts";
import type { InferOptions, MinArea } from "./infer_options.ts";

/** Colour of the objects' class in QuPath. */
const COLOR = [0, 200, 83] as const;

/**
 * Makes the sinks of the results that are asked for.
 *
 * @throws {RangeError} If `--min-area` is in µm² and the slide does not say how large its pixels are.
 */
export function resultSinks(
  slide: Slide,
  { options, overview, producer, onObject, onSmallObject }: {
    readonly options: InferOptions;
    readonly overview?: Overview;
    readonly producer: Producer;
    readonly onObject: (object: MaskPolygon) => void;
    readonly onSmallObject: (object: { readonly area: number }) => void;
  },
): MaskSink[] {
  const { formats, out } = options;
  const { width, height, mpp, name } = slide;
  const path = (suffix: string) => `${out}/${name}.${suffix}`;
  const size = { width, height };
  const image = { ...size, mpp, name, producer };
  const sinks: MaskSink[] = [];
  if (formats.has("rle")) {
    sinks.push(new RleSink(path("rle.csv"), { id: name, ...size }));
  }
  if (formats.has("tiff")) {
    sinks.push(new TiffSink(path("mask.tif"), image));
  }
  if (formats.has("probability")) {
    const content = "probability";
    sinks.push(new TiffSink(path("probability.tif"), { ...image, content }));
  }
  if (formats.has("png") && overview) {
    sinks.push(new PngSink(path("mask.png"), { ...size, producer }));
    sinks.push(new OverlaySink(path("overlay.png"), { overview, producer }));
  } else if (overview) {
    sinks.push(drawOn(overview));
  }
  const files = {
    ...(formats.has("geojson") && { geojson: path("geojson") }),
    ...(formats.has("objects") && { csv: path("objects.csv") }),
  };
  sinks.push(
    new ObjectSink(files, {
      ...size,
      mpp,
      classification: { name: options.className, color: COLOR },
      objectType: options.objectType,
      minArea: pixelsOf(options.minArea, slide),
      tolerance: options.simplify,
      producer,
      onObject,
      onSmallObject,
    }),
  );
  return sinks;
}

/** Adds the mask to a picture that no sink writes. */
function drawOn(overview: Overview): MaskSink {
  return {
    write: (band) => overview.write(band),
    close: () => Promise.resolve(overview.close()),
    abort: () => Promise.resolve(),
  };
}

function pixelsOf(minArea: MinArea, { name, mpp }: Slide): number {
  const { value, unit } = minArea;
  if (unit === "px" || value === 0) return value;
  if (mpp) return value / (mpp.x * mpp.y);
  throw new RangeError(
    `Cannot leave out small objects of ${name} as --min-area in µm² needs the size of its pixels: ` +
      `received none; give --slide-mpp, or --min-area ${value}px`,
  );
}
