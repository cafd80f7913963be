import type { TileLayer } from "./tile_layer.ts";
import type { View, ViewRequest } from "./view.ts";

/** Maximum objects in a response. */
const OBJECTS = 2000;

/** Answers a request for `/slides/N/PATH`. */
export async function answerView(
  view: View,
  { path, request, ...context }: ViewRequest & {
    readonly path: string;
    readonly request: Request;
  },
): Promise<Response> {
  const handler = view.handlers?.get(path);
  const methods = ["GET", ...handler?.methods ?? []];
  if (!methods.includes(request.method)) {
    return text(405, `Only ${methods.join(" and ")} is allowed.`);
  }
  if (handler) return await handler.answer(request, context);
  if (path === "view.json") return Response.json(view.description);
  if (path === "objects.json") {
    const { searchParams } = new URL(request.url);
    const from = Number(searchParams.get("from") ?? 0) || 0;
    return Response.json({
      objects: view.objects.slice(from, from + OBJECTS),
      total: view.objects.length,
    });
  }
  const tile = /^tiles\/([a-z0-9-]+)\/(\d{1,2})\/(\d{1,6})_(\d{1,6})$/
    .exec(path);
  return tile
    ? await answerTile(view.layers.get(tile[1]), {
      address: tile.slice(2).map(Number),
      signal: context.signal,
    })
    : text(404, "Not found.");
}

/** A plain message. */
export function text(status: number, message: string): Response {
  return new Response(`${message}\n`, { status });
}

/** A picture, JPEG or PNG. */
export function picture(bytes: Uint8Array): Response {
  return new Response(bytes as Uint8Array<ArrayBuffer>, {
    headers: { "content-type": bytes[0] === 0xff ? "image/jpeg" : "image/png" },
  });
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
    return picture(await layer.tile(zoom, place, { signal }));
  } catch (error) {
    return text(500, (error as Error).message);
  }
}
