import { measurePolygon } from "../../masks/polygons/measure_polygon.ts";
import type { MaskPolygon } from "../../masks/polygons/outline.ts";
import { measurementsOf } from "../../masks/polygons/polygon_feature.ts";
import { Polygonizer } from "../../masks/polygons/polygonizer.ts";
import { simplifyPolygon } from "../../masks/polygons/simplify_polygon.ts";
import type { ViewObject } from "../description.ts";
import type { CutBand, ProbabilityMaps } from "./probability_maps.ts";

/** How objects are made of a slide's probabilities, as in the run that wrote them. */
export interface ObjectRules {
  /** The class of each map, with its color, 0 to 255. */
  readonly classes: readonly Pick<ViewObject, "name" | "color">[];
  /** Micrometers per level-0 pixel, if known. */
  readonly mpp?: { readonly x: number; readonly y: number };
  /** Minimum area of an object in level-0 pixels. */
  readonly minArea: number;
  /** Tolerance for simplifying outlines, in level-0 pixels. */
  readonly simplify: number;
}

/** Where pixels that are traced lie. */
interface Frame {
  /** Their upper left corner, in pixels of their zoom. */
  readonly x: number;
  readonly y: number;
  /** Level-0 pixels per pixel. */
  readonly scale: number;
}

/** Traces the objects in pixels of one zoom, each as soon as it is complete. */
class LevelTracer {
  readonly #polygonizers: readonly Polygonizer[];

  constructor(
    { width, height, several }: {
      readonly width: number;
      readonly height: number;
      readonly several: boolean;
    },
    { frame, rules, onObject }: {
      readonly frame: Frame;
      readonly rules: ObjectRules;
      readonly onObject: (object: ViewObject, index: number) => void;
    },
  ) {
    const { scale } = frame;
    const least = rules.minArea / scale ** 2;
    const tolerance = rules.simplify / scale;
    this.#polygonizers = rules.classes.map((about, index) =>
      new Polygonizer({
        ...{ width, height },
        class: several ? index + 1 : undefined,
        onPolygon(traced) {
          if (traced.area < least) return;
          const polygon = simplifyPolygon(traced, { tolerance });
          const { mpp } = rules;
          onObject(
            { ...objectOf(polygon, { ...frame, mpp }), ...about },
            index,
          );
        },
      })
    );
  }

  /** Takes the next rows. */
  write(band: CutBand): void {
    for (const polygonizer of this.#polygonizers) polygonizer.write(band);
  }

  /** Ends the objects that reach the bottom. */
  async close(): Promise<void> {
    for (const polygonizer of this.#polygonizers) await polygonizer.close();
  }
}

/** Traces the objects of a region, in pixels of a zoom; those that reach beyond it are cut off at its sides. */
export async function traceRegion(
  maps: ProbabilityMaps,
  { rules, threshold, zoom, signal, ...region }: {
    readonly rules: ObjectRules;
    readonly threshold: number;
    readonly zoom: number;
    readonly x: number;
    readonly y: number;
    readonly width: number;
    readonly height: number;
    readonly signal?: AbortSignal;
  },
): Promise<ViewObject[]> {
  const objects: ViewObject[] = [];
  const { x, y, width, height } = region;
  if (width <= 0 || height <= 0) return objects;
  const cut = await maps.cut(region, { zoom, threshold, signal });
  const scale = maps.scale * 2 ** (maps.maxZoom - zoom);
  const tracer = new LevelTracer({ width, height, several: maps.count > 1 }, {
    frame: { x, y, scale },
    rules,
    onObject: (object) => void objects.push(object),
  });
  tracer.write({ y: 0, width, height, ...cut });
  await tracer.close();
  return objects;
}

/** Traces all objects at the finest zoom; yields the share of the rows that are done. */
export async function* traceAll(
  maps: ProbabilityMaps,
  { rules, threshold, onObject, signal }: {
    readonly rules: ObjectRules;
    readonly threshold: number;
    /** Called with each object, and the index of its class. */
    readonly onObject: (object: ViewObject, index: number) => void;
    readonly signal?: AbortSignal;
  },
): AsyncGenerator<number, void, undefined> {
  const { width, height, scale } = maps;
  const tracer = new LevelTracer({ width, height, several: maps.count > 1 }, {
    frame: { x: 0, y: 0, scale },
    ...{ rules, onObject },
  });
  for await (const band of maps.bands(threshold, { signal })) {
    tracer.write(band);
    yield (band.y + band.height) / height;
  }
  await tracer.close();
}

function objectOf(
  polygon: MaskPolygon,
  { x, y, scale, mpp }: Frame & Pick<ObjectRules, "mpp">,
): ViewObject {
  // In level-0 pixels, where there are no micrometers.
  const unit = { x: scale * (mpp?.x ?? 1), y: scale * (mpp?.y ?? 1) };
  const measures = measurePolygon(polygon, { mpp: unit });
  const { areaUm2, perimeterUm, maxDiameterUm } = measures;
  const { probability } = polygon;
  return {
    rings: polygon.rings.map((ring) =>
      Array.from(ring, (at, i) => (at + (i % 2 === 0 ? x : y)) * scale)
    ),
    area: polygon.area * scale ** 2,
    ...(probability !== undefined && { probability }),
    measurements: measurementsOf(
      mpp ? measures : {
        ...measures,
        areaPx: areaUm2!,
        perimeterPx: perimeterUm!,
        maxDiameterPx: maxDiameterUm!,
        areaUm2: undefined,
      },
    ),
  };
}
