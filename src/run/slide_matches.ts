import type { MatchedObject, MatchKind } from "../evaluate/object_matcher.ts";
import { AtomicFile } from "../io/atomic_file.ts";
import { rgbOf } from "../io/classes.ts";
import { TextBuffer } from "../io/read_text.ts";
import type { MaskSink } from "../masks/mask_band.ts";
import {
  measurePolygon,
  type PolygonMeasures,
} from "../masks/polygons/measure_polygon.ts";
import { featureText, objectId } from "../masks/polygons/polygon_feature.ts";
import { simplifyPolygon } from "../masks/polygons/simplify_polygon.ts";
import { type Producer, producerText } from "../masks/run_record.ts";
import { MATCH_KINDS, MATCH_STYLES, pathOf } from "../report/match_kinds.ts";
import type { MatchOutlines } from "../report/match_pictures.ts";
import type { Slide } from "../slide/slide.ts";
import { Highest } from "./highest.ts";

/** A matched object with its measurements. */
export interface MeasuredMatch extends MatchedObject {
  readonly measures: PolygonMeasures;
}

/** Options for {@linkcode SlideMatches}. */
export interface SlideMatchesOptions {
  /** The slide. */
  readonly slide: Pick<Slide, "width" | "height" | "mpp">;
  /** The names of several classes. */
  readonly classes?: readonly string[];
  /** The run: the member `generator`. */
  readonly producer: Producer;
}

/** Bytes to buffer before a write. */
const CHUNK = 1 << 18;
/** Longest side of the picture. */
const SIDE = 1024;
/** Outlines of a kind that are drawn. */
const MOST_DRAWN = 1000;
/** Objects of a kind that are shown on their own. */
export const MOST_WORST = 10;

/** How bad an object is, among those of its kind. */
export function badness({ kind, iou, measures }: MeasuredMatch): number {
  const area = measures.areaUm2 ?? measures.areaPx;
  if (kind === "hit") return -iou!;
  return kind === "miss" ? area : area * (measures.probability ?? 1);
}

/** One of each kind. */
function ofEach<T>(make: (kind: MatchKind) => T): { [K in MatchKind]: T } {
  return Object.fromEntries(
    MATCH_KINDS.map((kind) => [kind, make(kind)]),
  ) as { [K in MatchKind]: T };
}

/**
 * Writes the matched objects of a slide as GeoJSON, as they come, and keeps the outlines of the largest and the worst of each
 * kind. It is a sink of the bands that objects are matched in, after their evaluator.
 */
export class SlideMatches implements MaskSink {
  /** Slide pixels per picture pixel. */
  readonly scale: number;
  /** The worst objects of each kind. */
  readonly worst = ofEach(() => new Highest<MeasuredMatch>(MOST_WORST));
  readonly #path: string;
  readonly #options: SlideMatchesOptions;
  readonly #pending = new TextBuffer();
  readonly #classes = ofEach((kind) => {
    const { name, color } = MATCH_STYLES[kind];
    return JSON.stringify({ name, color: rgbOf(color) });
  });
  readonly #drawn = ofEach(() => new Highest<string>(MOST_DRAWN));
  #index = 0;
  #file: AtomicFile | undefined;

  constructor(path: string, options: SlideMatchesOptions) {
    const { width, height } = options.slide;
    this.scale = Math.ceil(Math.max(width, height) / SIDE);
    this.#path = path;
    this.#options = options;
  }

  /** Takes a matched object. */
  add(object: MatchedObject): void {
    const { slide: { mpp }, classes } = this.#options;
    const { kind, polygon, iou } = object;
    const measures = measurePolygon(polygon, { mpp });
    const name = polygon.class && classes?.[polygon.class - 1];
    this.#pending.add(
      `${this.#index > 0 ? "," : ""}\n${
        featureText(polygon, {
          id: objectId(measures, this.#index++),
          measures,
          objectType: "detection",
          classification: this.#classes[kind],
          name: name || undefined,
          more: iou === undefined ? {} : { IoU: iou },
        })
      }`,
    );
    const measured = { ...object, measures };
    this.worst[kind].add(badness(measured), () => measured);
    const { scale } = this;
    this.#drawn[kind].add(polygon.area, () => {
      const { rings } = simplifyPolygon(polygon, { tolerance: scale / 2 });
      return pathOf(rings, { x: 0, y: 0, scale });
    });
  }

  /** The outlines of each kind, the largest first. */
  outlines(): { [K in MatchKind]: MatchOutlines } {
    return ofEach((kind) => {
      const { count, items } = this.#drawn[kind];
      return { count, drawn: items.length, path: items.join("") };
    });
  }

  /** Opens the file. */
  async open(): Promise<void> {
    this.#file = await AtomicFile.create(this.#path);
    const generator = JSON.stringify(producerText(this.#options.producer));
    this.#pending.add(
      `{"type":"FeatureCollection","generator":${generator},"features":[`,
    );
  }

  /** Writes the objects so far. */
  async write(): Promise<void> {
    if (this.#pending.length < CHUNK) return;
    await this.#file!.write(this.#pending.take());
  }

  /** Completes the file. */
  async close(): Promise<void> {
    this.#pending.add("\n]}\n");
    await this.#file!.write(this.#pending.take());
    await this.#file!.close();
  }

  /** Removes the file. */
  async abort(): Promise<void> {
    await this.#file?.abort();
  }
}
