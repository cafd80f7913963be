/**
 * An HTTP service that finds objects in the slides of a folder and streams them as lines of JSON while it works:
 *
 *     deno run --allow-net=127.0.0.1:8000 --allow-read examples/service.ts --folder slides --weights fold0.pth
 *     curl -N http://127.0.0.1:8000/                     # which slides there are
 *     curl -N http://127.0.0.1:8000/objects/kidney.svs   # what is in one
 *
 * A limited number of slides is processed at a time, some requests wait, and others get 503 with Retry-After. Work stops
 * when the client disconnects, or holds up the others: answers run some megabytes ahead of a slow client, and end if it
 * then reads nothing for too long.
 *
 * @module
 */
import { basename, join } from "node:path";
import { parseArgs } from "@std/cli/parse-args";
import {
  keepTissue,
  loadModel,
  openSlide,
  predictTiles,
  type Slide,
  stitchBands,
  streamTiles,
  type TileOptions,
} from "../mod.ts";
import type { Model } from "../src/predict/mod.ts";
import { planTiles } from "../src/tiles/mod.ts";
import { type PolygonFeature, polygonFeature } from "../src/masks/mod.ts";
import { listSlides, streamObjects } from "../src/run/mod.ts";

/** Options for {@linkcode createService}. */
export interface ServiceOptions {
  /** The folder whose slides are served; nothing outside it is read. */
  readonly folder: string;
  /** Options for `streamTiles()`. Default: its own. */
  readonly tiles?: TileOptions;
  /** Slides in progress at a time; one keeps a GPU busy. Default: 1. */
  readonly running?: number;
  /** Requests that may wait. Default: 4. */
  readonly waiting?: number;
  /** Bytes of an answer that may wait for its client. Default: 4 MiB. */
  readonly ahead?: number;
  /** Milliseconds that a client may read nothing while so much waits. Default: 10,000. */
  readonly patience?: number;
}

/** A handler for `Deno.serve`. */
export function createService(
  model: Model,
  {
    folder,
    tiles,
    running = 1,
    waiting = 4,
    ahead = 4 * 2 ** 20,
    patience = 10_000,
  }: ServiceOptions,
): (request: Request) => Promise<Response> {
  const queue = new Queue(running, waiting);
  return async (request) => {
    const { pathname } = new URL(request.url);
    const names = await slidesIn(folder);
    if (pathname === "/") return Response.json(names);
    // A listed name is not a path, so no request can leave the folder.
    const name = names.find((name) =>
      pathname === `/objects/${encodeURIComponent(name)}`
    );
    if (name === undefined || request.method !== "GET") {
      return Response.json({ error: "Unknown slide" }, {
        status: 404,
      });
    }
    const left = new AbortController();
    const turn = queue.enter(left.signal);
    if (!turn) {
      return Response.json({ error: "Too many requests are waiting" }, {
        status: 503,
        headers: { "retry-after": "30" },
      });
    }
    const path = join(folder, name);
    const lines = linesOf(path, model, { turn, tiles, signal: left.signal });
    return new Response(toStream(lines, { left, ahead, patience }), {
      headers: { "content-type": "application/x-ndjson" },
    });
  };
}

/**
 * The objects of a slide, each as soon as it is complete: the library's stages, one after the other. None runs ahead of
 * the consumer, so a slow client slows down the reader of the slide.
 */
export async function* findObjects(
  slide: Slide,
  model: Model,
  { tiles, signal }: {
    readonly tiles?: TileOptions;
    readonly signal?: AbortSignal;
  } = {},
): AsyncGenerator<PolygonFeature> {
  const { width, height, mpp } = slide;
  const tissue = keepTissue(streamTiles(slide, { ...tiles, signal }));
  const predictions = predictTiles(tissue, model, { signal });
  const bands = stitchBands(predictions, { width, height, signal });
  let index = 0;
  for await (const polygon of streamObjects(bands, { width, height })) {
    yield polygonFeature(polygon, { index: index++, mpp });
  }
}

/** The answer: a line for the slide, one for each object, one for the end. */
async function* linesOf(
  path: string,
  model: Model,
  { turn, tiles, signal }: {
    readonly turn: Promise<Disposable>;
    readonly tiles?: TileOptions;
    readonly signal: AbortSignal;
  },
): AsyncGenerator<unknown> {
  try {
    using _ = await turn;
    await using slide = await openSlide(path, { signal });
    const { name, width, height, mpp } = slide;
    const { count } = planTiles(slide, tiles);
    yield { type: "slide", name, width, height, mpp, tiles: count };
    let objects = 0;
    for await (const object of findObjects(slide, model, { tiles, signal })) {
      objects++;
      yield { type: "object", object };
    }
    yield { type: "done", objects };
  } catch (error) {
    // The status was sent before, so the last line reports the error, without the path of the slide.
    const { message } = error as Error;
    yield { type: "error", message: message.replaceAll(path, basename(path)) };
  }
}

/** Lines of JSON, some bytes ahead of their reader; canceling, or a reader that does not read, ends them. */
function toStream(
  lines: AsyncGenerator<unknown>,
  { left, ahead, patience }: {
    readonly left: AbortController;
    readonly ahead: number;
    readonly patience: number;
  },
): ReadableStream<Uint8Array> {
  const encoder = new TextEncoder();
  let idle: ReturnType<typeof setTimeout> | undefined;
  const end = async (reason?: unknown) => {
    clearTimeout(idle);
    left.abort(reason);
    await lines.return(undefined);
  };
  return new ReadableStream<Uint8Array>({
    async pull(controller) {
      clearTimeout(idle);
      const { value, done } = await lines.next();
      if (left.signal.aborted) return;
      if (done) return controller.close();
      idle = setTimeout(() => {
        const error = new Error("The client does not read its answer");
        controller.error(error);
        end(error);
      }, patience);
      controller.enqueue(encoder.encode(`${JSON.stringify(value)}\n`));
    },
    cancel: end,
  }, { highWaterMark: ahead, size: (line) => line.byteLength });
}

/** Admits some requests, queues some, and rejects the rest. */
class Queue {
  #free: number;
  readonly #most: number;
  readonly #waiting: ((place: Disposable) => void)[] = [];

  constructor(running: number, waiting: number) {
    this.#free = running;
    this.#most = waiting;
  }

  /** A place, now or later; dispose of it. `undefined` if too many are waiting. */
  enter(signal: AbortSignal): Promise<Disposable> | undefined {
    if (this.#free > 0) {
      this.#free--;
      return Promise.resolve(this.#place());
    }
    if (this.#waiting.length >= this.#most) return undefined;
    return new Promise((resolve, reject) => {
      this.#waiting.push(resolve);
      signal.addEventListener("abort", () => {
        const at = this.#waiting.indexOf(resolve);
        if (at >= 0) this.#waiting.splice(at, 1);
        reject(signal.reason);
      });
    });
  }

  #place(): Disposable {
    return {
      [Symbol.dispose]: () => {
        const next = this.#waiting.shift();
        if (next) next(this.#place());
        else this.#free++;
      },
    };
  }
}

async function slidesIn(folder: string): Promise<string[]> {
  const slides = await listSlides([folder]);
  return slides.flatMap(({ source, error }) =>
    error === undefined ? [basename(source)] : []
  );
}

if (import.meta.main) {
  const options = parseArgs(Deno.args, {
    string: ["folder", "weights", "port"],
    collect: ["weights"],
    default: { folder: ".", port: "8000" },
  });
  const weights = options.weights as string[];
  if (weights.length === 0) {
    console.error("Usage: service.ts --weights FILE [--folder DIR] [--port N]");
    Deno.exit(2);
  }
  await using model = await loadModel("auto", weights);
  if (model.classes.length > 1) {
    console.error("The objects of this service are of one class");
    Deno.exit(2);
  }
  await Deno.serve({
    hostname: "127.0.0.1",
    port: Number(options.port),
  }, createService(model, { folder: options.folder })).finished;
}
