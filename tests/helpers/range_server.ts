/** What a request asks for, and what has been served so far. */
export interface RangeRequest {
  readonly request: Request;
  /** First byte, and the one after the last. */
  readonly start: number;
  readonly end: number;
  /** How many requests came before this one. */
  readonly index: number;
}

/** A server on 127.0.0.1 that counts. */
export interface RangeServer extends AsyncDisposable {
  readonly url: string;
  readonly host: string;
  /** The ranges served so far. */
  readonly served: { readonly start: number; readonly end: number }[];
}

/** Serves one file by range; `misbehave` answers in its place where it returns something. */
export function startRangeServer(
  file: Uint8Array<ArrayBuffer>,
  misbehave?: (
    asked: RangeRequest,
  ) => Response | undefined | Promise<Response | undefined>,
): RangeServer {
  const served: { start: number; end: number }[] = [];
  let count = 0;
  const server = Deno.serve(
    {
      hostname: "127.0.0.1",
      port: 0,
      onListen() {},
      onError: () => new Response("broken", { status: 500 }),
    },
    async (request) => {
      const [, from, to] = request.headers.get("Range")
        ?.match(/^bytes=(\d+)-(\d+)$/) ?? [];
      const start = Number(from), end = Math.min(Number(to) + 1, file.length);
      const odd = await misbehave?.({ request, start, end, index: count++ });
      if (odd) return odd;
      served.push({ start, end });
      return rangeResponse(file, { start, end });
    },
  );
  const host = `127.0.0.1:${server.addr.port}`;
  return {
    url: `http://${host}/slides/a%20slide.svs?key=secret`,
    host,
    served,
    [Symbol.asyncDispose]: () => server.shutdown(),
  };
}

/** A whole and honest answer. */
export function rangeResponse(
  file: Uint8Array<ArrayBuffer>,
  { start, end }: { readonly start: number; readonly end: number },
  headers: Record<string, string> = { ETag: '"one"' },
): Response {
  return new Response(file.subarray(start, end), {
    status: 206,
    headers: {
      ...headers,
      "Content-Range": `bytes ${start}-${end - 1}/${file.length}`,
    },
  });
}
