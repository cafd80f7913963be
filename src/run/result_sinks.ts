import { cannot } from "../errors/cannot.ts";
import type { MaskSink } from "../masks/mask_band.ts";
import type { Overview } from "../masks/pictures/overview.ts";
import { type ObjectFiles, ObjectSink } from "../masks/polygons/object_sink.ts";
import type { MaskPolygon } from "../masks/polygons/outline.ts";
import type { MinArea, ObjectOptions } from "../options/output.ts";
import {
  type Format,
  imageOf,
  resultFormats,
  type SlideResult,
} from "./result_formats.ts";

/** RGB of the objects' class in QuPath. */
const COLOR = [0, 200, 83] as const;

/** Options for {@linkcode resultSinks}. */
export interface ResultSinksOptions extends Omit<ObjectOptions, "classes"> {
  /** The formats of results. */
  readonly formats: ReadonlySet<Format>;
  /** Called with each object. */
  onObject(object: MaskPolygon): void;
  /** Called with each object that is left out. */
  onSmallObject(object: MaskPolygon): void;
}

/**
 * Makes the sinks of formats, and one that traces objects.
 *
 * @throws {RangeError} If `minArea` is in µm² and the slide has no scale.
 */
export function resultSinks(
  result: SlideResult,
  { formats, ...options }: ResultSinksOptions,
): MaskSink[] {
  const { overview, path } = result;
  const { onObject, onSmallObject, objectType, simplify } = options;
  const files: { -readonly [F in keyof ObjectFiles]: ObjectFiles[F] } = {};
  const sinks: MaskSink[] = [];
  for (const name of formats) {
    const { sinks: make, objects, suffixes } = resultFormats[name];
    if (make) sinks.push(...make(result));
    if (objects) files[objects] = path(suffixes[0]);
  }
  // Otherwise the sink of the overlay draws on it.
  if (overview && !formats.has("png")) sinks.push(drawOn(overview));
  const { name: _, ...image } = imageOf(result);
  const objects = new ObjectSink(files, {
    ...image,
    regionPx: result.regionPx,
    classification: { name: options.className, color: COLOR },
    objectType,
    minArea: pixelsOf(options.minArea, result.slide),
    tolerance: simplify,
    onObject,
    onSmallObject,
  });
  return [...sinks, objects];
}

/** Draws the mask on a picture that no sink writes. */
function drawOn(overview: Overview): MaskSink {
  return {
    write: (band) => overview.write(band),
    close: () => Promise.resolve(overview.close()),
    abort: () => Promise.resolve(),
  };
}

function pixelsOf(
  { value, unit }: MinArea,
  { name, mpp }: SlideResult["slide"],
): number {
  if (unit === "px" || value === 0) return value;
  if (mpp) return value / (mpp.x * mpp.y);
  throw cannot(
    `leave out small objects of "${name}"`,
    `--min-area in µm² needs the scale of the slide; use --slide-mpp, or --min-area ${value}px`,
    { kind: RangeError },
  );
}
