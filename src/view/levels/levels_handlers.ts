import { cannot } from "../../errors/cannot.ts";
import { pngFile } from "../../io/encode_png.ts";
import { text } from "../answer_view.ts";
import { TILE_SIZE } from "../deep_zoom.ts";
import type { LevelLine, ViewObject } from "../description.ts";
import type { ViewHandler } from "../view.ts";
import type { ProbabilityMaps } from "./probability_maps.ts";
import { type ObjectRules, traceAll, traceRegion } from "./trace_level.ts";

/** Most pixels that are traced for what is in sight: those of an 8K screen with room around it. */
const MOST_PIXELS = 2 ** 26;

/** Most corners of outlines that a page gets of all objects: those of a hundred thousand. */
const MOST_CORNERS = 5e6;

/** Objects of an answer. */
const OBJECTS = 2000;

/** Pixels of each neighbor around a tile of the mask. */
const OVERLAP = 1;

/** All objects at a threshold. */
interface Level {
  readonly threshold: number;
  readonly objects: readonly ViewObject[];
}

/**
 * Answers about objects at any threshold of a slide's probability maps: `contours`, those in sight, traced at a zoom; `level`, a
 * stream of lines that ends in the number and area of all; `level.json`, these objects; `level-mask`, tiles of their mask.
 */
export function levelsHandlers(
  maps: ProbabilityMaps,
  rules: ObjectRules,
): Map<string, ViewHandler> {
  const palette = rules.classes.map(({ color }) => color ?? [0, 200, 83]);
  let last: Level | undefined;

  async function contours(query: Query, signal: AbortSignal) {
    const { threshold, left, top, right, bottom, zoom: screen } = query.read(
      ...["threshold", "left", "top", "right", "bottom", "zoom"] as const,
    );
    // As fine as the screen; coarser if that is too much, or finer if the maps have no such zoom.
    const fit = maps.maxZoom + Math.round(Math.log2(screen * maps.scale));
    let zoom = Math.max(maps.minZoom, Math.min(fit, maps.maxZoom));
    let region = regionAt(zoom);
    while (region.width * region.height > MOST_PIXELS && zoom > maps.minZoom) {
      region = regionAt(--zoom);
    }
    const scale = maps.scale * 2 ** (maps.maxZoom - zoom);
    if (region.width * region.height > MOST_PIXELS) {
      return Response.json({ objects: [], scale, tooMany: true });
    }
    const objects = await traceRegion(maps, {
      ...{ rules, threshold, zoom, signal, ...region },
    });
    return Response.json({ objects, scale });

    function regionAt(zoom: number) {
      const scale = maps.scale * 2 ** (maps.maxZoom - zoom);
      const { width, height } = maps.sizeAt(zoom);
      const [x, y] = [left, top].map((at) =>
        Math.max(0, Math.floor(at / scale))
      );
      return {
        ...{ x, y },
        width: Math.min(width, Math.ceil(right / scale)) - x,
        height: Math.min(height, Math.ceil(bottom / scale)) - y,
      };
    }
  }

  function level(query: Query, signal: AbortSignal): Response {
    const { threshold } = query.read("threshold");
    const stopped = new AbortController();
    const stop = AbortSignal.any([signal, stopped.signal]);
    const lines = countAll(threshold, stop);
    const encoder = new TextEncoder();
    const body = new ReadableStream<Uint8Array>({
      async pull(controller) {
        const { value, done } = await lines.next();
        if (done) controller.close();
        else controller.enqueue(encoder.encode(`${JSON.stringify(value)}\n`));
      },
      cancel: () => stopped.abort(),
    });
    return new Response(body, {
      headers: { "content-type": "application/x-ndjson" },
    });
  }

  async function* countAll(
    threshold: number,
    signal: AbortSignal,
  ): AsyncGenerator<LevelLine, void, undefined> {
    const classes = rules.classes.map(() => ({ count: 0, area: 0 }));
    let objects: ViewObject[] | undefined = [];
    let corners = 0;
    let told = 0;
    const onObject = (object: ViewObject, index: number) => {
      classes[index].count++;
      classes[index].area += object.area;
      for (const ring of object.rings) corners += ring.length / 2;
      if (corners > MOST_CORNERS) objects = undefined;
      objects?.push(object);
    };
    const shares = traceAll(maps, { rules, threshold, onObject, signal });
    for await (const share of shares) {
      if (share < told + 0.02) continue;
      told = share;
      yield { share };
    }
    if (objects) last = { threshold, objects };
    yield {
      all: classes.reduce((sum, one) => ({
        count: sum.count + one.count,
        area: sum.area + one.area,
      })),
      classes,
      listed: objects !== undefined,
    };
  }

  function list(query: Query): Response {
    const { threshold, from } = query.read("threshold", "from");
    if (last?.threshold !== threshold) {
      return text(409, "The objects at this threshold were not counted last.");
    }
    return Response.json({
      objects: last.objects.slice(from, from + OBJECTS),
      total: last.objects.length,
    });
  }

  async function mask(query: Query, signal: AbortSignal): Promise<Response> {
    const { threshold, zoom, column, row } = query.read(
      ...["threshold", "zoom", "column", "row"] as const,
    );
    const isZoom = zoom >= maps.minZoom && zoom <= maps.maxZoom;
    const size = isZoom ? maps.sizeAt(zoom) : { width: 0, height: 0 };
    const [x, width] = spanOf(column, size.width);
    const [y, height] = spanOf(row, size.height);
    if (!(width > 0 && height > 0)) return text(404, "There is no such tile.");
    const cut = await maps.cut({ x, y, width, height }, {
      ...{ zoom, threshold, signal },
    });
    const png = maps.count > 1
      ? await pngFile({ width, height, channels: 4 }, colored(cut.mask))
      : await pngFile(
        { width, height, channels: 1 },
        cut.mask.map((value) => value * 255),
      );
    return new Response(png as Uint8Array<ArrayBuffer>, {
      headers: { "content-type": "image/png" },
    });
  }

  function colored(mask: Uint8Array): Uint8Array {
    const pixels = new Uint8Array(mask.length * 4);
    mask.forEach((value, i) => {
      if (value > 0) pixels.set([...palette[value - 1], 255], i * 4);
    });
    return pixels;
  }

  const kinds = { contours, level, "level.json": list, "level-mask": mask };
  return new Map(
    Object.entries(kinds).map(([name, answer]) => [name, {
      async answer({ url }, { signal }) {
        const query = new Query(new URL(url).searchParams);
        try {
          return await answer(query, signal);
        } catch (error) {
          if (error instanceof RangeError) return text(400, error.message);
          throw error;
        }
      },
    }]),
  );
}

/** Where a tile with pixels of its neighbors begins, and how long it is. */
function spanOf(index: number, length: number): [start: number, count: number] {
  const start = Math.max(0, index * TILE_SIZE - OVERLAP);
  const end = Math.min(length, (index + 1) * TILE_SIZE + OVERLAP);
  return [start, Number.isInteger(index) && index >= 0 ? end - start : 0];
}

/** The numbers of a request. */
class Query {
  readonly #values: URLSearchParams;

  constructor(values: URLSearchParams) {
    this.#values = values;
  }

  /**
   * Reads numbers by name.
   *
   * @throws {RangeError} If one is missing or none.
   */
  read<Name extends string>(...names: Name[]): Record<Name, number> {
    return Object.fromEntries(names.map((name) => {
      const text = this.#values.get(name) ?? "";
      const value = Number(text);
      const isOne = text !== "" && Number.isFinite(value) &&
        (name !== "threshold" || value >= 0 && value <= 1) &&
        (name !== "zoom" || value > 0);
      if (!isOne) {
        throw cannot("answer about a threshold", `"${name}" must be a number`, {
          received: text,
          kind: RangeError,
        });
      }
      return [name, value];
    })) as Record<Name, number>;
  }
}
