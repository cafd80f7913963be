import { cannot, reasonOf } from "../errors/cannot.ts";
import { answerView, picture, text } from "./answer_view.ts";
import { page } from "./page.ts";
import type { Views } from "./view.ts";

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
 * Serves slides to this machine's browsers, on 127.0.0.1 only. URLs name slides, layers and numbers; no path reaches the
 * file system. Requests for other host names are refused, so that no web page can reach it by DNS rebinding.
 *
 * @throws {Error} If the port cannot be used.
 *
 * @category Viewer
 */
export function serveView(
  views: Views,
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
      const response = await answer(request, {
        completed,
        signal: left.signal,
      });
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
    { completed, signal }: {
      readonly completed: Promise<void>;
      readonly signal: AbortSignal;
    },
  ): Promise<Response> {
    const { pathname } = new URL(request.url);
    if (!hosts.includes(request.headers.get("host") ?? "")) {
      return text(403, "This page is for this machine only.");
    }
    const shown = /^\/slides\/(\d{1,6})\/(.+)$/.exec(pathname);
    if (!shown && request.method !== "GET") {
      return text(405, "Only GET is allowed.");
    }
    if (views.slides.length === 0) return waitingPage();
    switch (pathname) {
      case "/":
        return asset(page.html, "text/html");
      case "/page.css":
        return asset(page.css, "text/css");
      case "/page.js":
        return asset(page.script, "text/javascript");
      case "/slides.json":
        return Response.json(views.slides);
      case "/states.json":
        return Response.json(await views.list?.() ?? views.slides);
      case "/events":
        return follow();
    }
    const number = Number(shown?.[1]);
    if (!shown || !(number < views.slides.length)) {
      return text(404, "Not found.");
    }
    try {
      if (shown[2] === "thumbnail" && views.thumbnail) {
        return await views.thumbnail(number, { signal }).then(
          (bytes) =>
            bytes ? picture(bytes) : new Response(null, { status: 204 }),
          // Not an error of the list, which browsers would print: it shows why.
          (error) => text(200, (error as Error).message),
        );
      }
      const loan = await views.open(number, { signal });
      // Until the last byte: what a handler streams may still be read.
      completed.catch(() => {}).finally(() => loan[Symbol.dispose]());
      const { view } = loan;
      const origin = `http://${request.headers.get("host")}`;
      const path = shown[2];
      return await answerView(view, { path, request, origin, signal });
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
          const state = JSON.stringify(views.live ?? null);
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
