import { cannot, reasonOf } from "../errors/cannot.ts";
import type { LiveState, ViewDescription, ViewObject } from "./description.ts";
import { page } from "./page.ts";
import type { TileLayer } from "./tile_layer.ts";

/**
 * Options for {@linkcode serveView}.
 *
 * @category Viewer
 */
export interface ServeViewOptions {
  /** The port. Default: any free one. */
  readonly port?: number;
}

/**
 * A server of the page.
 *
 * @category Viewer
 */
export interface ViewServer extends AsyncDisposable {
  /** Its address. */
  readonly url: string;
  /** Number of pages that are following a run. */
  readonly followers: number;
}

/** Maximum objects in a response. */
const OBJECTS = 2000;
/** Milliseconds between checks of a run's progress. */
const INTERVAL = 400;

const HEADERS = {
  "cache-control": "no-store",
  "content-security-policy":
    "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' blob: data:; connect-src 'self'; " +
    "frame-ancestors 'none'; base-uri 'none'; form-action 'none'",
  "cross-origin-resource-policy": "same-origin",
  "referrer-policy": "no-referrer",
  "x-content-type-options": "nosniff",
};

/**
 * Serves a view to this machine's browsers, on 127.0.0.1 only. URLs name layers and numbers; no path reaches the file
 * system. Requests for other host names are refused, so that no web page can reach it by DNS rebinding.
 *
 * @throws {Error} If the port cannot be used.
 *
 * @category Viewer
 */
export function serveView(
  view: () => View | undefined,
  { port = 0 }: ServeViewOptions = {},
): ViewServer {
  let followers = 0;
  const ended = new AbortController();
  let server: Deno.HttpServer<Deno.NetAddr>;
  try {
    const options = { hostname: "127.0.0.1", port, onListen() {} };
    server = Deno.serve(options, async (request, { completed }) => {
      const left = new AbortController();
      completed.catch(() => left.abort());
      const response = await answer(request, left.signal);
      for (const [name, value] of Object.entries(HEADERS)) {
        if (!response.headers.has(name)) response.headers.set(name, value);
      }
      return response;
    });
  } catch (cause) {
    throw cannot(`serve the page on port ${port}`, reasonOf(cause), { cause });
  }
  const own = server.addr.port;
  const hosts = [`127.0.0.1:${own}`, `localhost:${own}`];

  async function answer(
    request: Request,
    signal: AbortSignal,
  ): Promise<Response> {
    const { pathname, searchParams } = new URL(request.url);
    if (!hosts.includes(request.headers.get("host") ?? "")) {
      return text(403, "This page is for this machine only.");
    }
    if (request.method !== "GET") return text(405, "Only GET is allowed.");
    const shown = view();
    if (!shown) return waitingPage();
    switch (pathname) {
      case "/":
        return asset(page.html, "text/html");
      case "/page.css":
        return asset(page.css, "text/css");
      case "/page.js":
        return asset(page.script, "text/javascript");
      case "/view.json":
        return Response.json(shown.description);
      case "/objects.json": {
        const from = Number(searchParams.get("from") ?? 0) || 0;
        const { objects } = shown;
        return Response.json({
          objects: objects.slice(from, from + OBJECTS),
          total: objects.length,
        });
      }
      case "/events":
        return follow();
    }
    const tile =
      /^\/tiles\/(slide|probability|mask)\/(\d{1,2})\/(\d{1,6})_(\d{1,6})$/
        .exec(pathname);
    return tile
      ? await answerTile(shown.layers.get(tile[1]), {
        address: tile.slice(2).map(Number),
        signal,
      })
      : text(404, "Not found.");
  }

  async function answerTile(
    layer: TileLayer | undefined,
    { address: [zoom, column, row], signal }: {
      readonly address: number[];
      readonly signal: AbortSignal;
    },
  ): Promise<Response> {
    const place = { column, row };
    if (!layer?.has(zoom, place)) return text(404, "There is no such tile.");
    try {
      const bytes = await layer.tile(zoom, place, { signal });
      return new Response(bytes as Uint8Array<ArrayBuffer>, {
        headers: {
          "content-type": bytes[0] === 0xff ? "image/jpeg" : "image/png",
        },
      });
    } catch (error) {
      return text(500, (error as Error).message);
    }
  }

  /** Reports a run's progress to a page while it listens. */
  function follow(): Response {
    const encoder = new TextEncoder();
    let timer: ReturnType<typeof setInterval> | undefined;
    let stop = () => {};
    const body = new ReadableStream<Uint8Array>({
      start(controller) {
        followers++;
        let last = "";
        const tell = () => {
          const state = JSON.stringify(view()?.live ?? null);
          if (state === last) return;
          last = state;
          controller.enqueue(encoder.encode(`data: ${state}\n\n`));
        };
        stop = () => {
          if (timer === undefined) return;
          clearInterval(timer);
          timer = undefined;
          followers--;
        };
        timer = setInterval(tell, INTERVAL);
        tell();
        ended.signal.addEventListener("abort", () => {
          if (timer !== undefined) controller.close();
          stop();
        });
      },
      cancel: () => stop(),
    });
    return new Response(body, {
      headers: { "content-type": "text/event-stream" },
    });
  }

  return {
    url: `http://127.0.0.1:${own}/`,
    get followers() {
      return followers;
    },
    async [Symbol.asyncDispose]() {
      ended.abort();
      await server.shutdown();
    },
  };
}

function text(status: number, message: string): Response {
  return new Response(`${message}\n`, { status });
}

/** The page until a run begins; browsers reload it. */
function waitingPage(): Response {
  return new Response("The run is about to begin.\n", {
    status: 503,
    headers: { refresh: "1", "retry-after": "1" },
  });
}

/** A file of the page, gzipped and in base64, as modules are text. */
function asset(gzip: string, type: string): Response {
  return new Response(Uint8Array.fromBase64(gzip), {
    headers: {
      "content-encoding": "gzip",
      "content-type": `${type}; charset=utf-8`,
    },
  });
}

/**
 * Everything that a page can request from {@linkcode serveView}.
 *
 * @category Viewer
 */
export interface View {
  /** The description of the page. */
  readonly description: ViewDescription;
  /** Its layers by name. */
  readonly layers: ReadonlyMap<string, TileLayer>;
  /** Its objects. */
  readonly objects: readonly ViewObject[];
  /** Warnings about how the slide was read. */
  readonly warnings?: readonly string[];
  /** Progress of the run, if there is one. */
  readonly live?: LiveState;
}
