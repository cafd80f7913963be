import { type ChangeRequest, readChanges } from "../corrections/change.ts";
import type { Corrections } from "../corrections/corrections.ts";
import { StaleError, UnsavedError } from "../corrections/errors.ts";
import { MAX_CHANGES_BYTES } from "../io/limits.ts";
import { text } from "./answer_view.ts";
import type { EditedObjects } from "./edited_objects.ts";
import type { ViewHandler, ViewRequest } from "./view.ts";

/** Options for {@linkcode correctionsHandler}. */
export interface CorrectionsHandlerOptions {
  /** The objects as the page shows them. */
  readonly objects: EditedObjects;
  /** What only pages of this server can read, and send with their changes. */
  readonly token: string;
}

/**
 * Lets pages of the server, and no others, change objects: GET gives the token and the state of the corrections, POST takes
 * changes and answers when they are saved.
 */
export function correctionsHandler(
  corrections: Corrections,
  { objects, token }: CorrectionsHandlerOptions,
): ViewHandler {
  async function get(): Promise<Response> {
    try {
      await corrections.refresh();
    } catch (error) {
      return text(409, (error as Error).message);
    }
    const { version, slide, classes: { list: classes } } = corrections;
    return Response.json({ token, version, slide, classes });
  }

  async function post(request: Request): Promise<Response> {
    const body = await bodyOf(request, token);
    if (body instanceof Response) return body;
    try {
      return await apply(readChanges(body));
    } catch (error) {
      const { message } = error as Error;
      if (error instanceof StaleError) return text(409, message);
      if (error instanceof UnsavedError) return text(507, message);
      const isBad = [SyntaxError, RangeError, TypeError]
        .some((kind) => error instanceof kind);
      return text(isBad ? 400 : 500, message);
    }
  }

  async function apply(request: ChangeRequest): Promise<Response> {
    const { version, entries } = await corrections.apply(request);
    return Response.json({
      version,
      objects: objects.of(entries),
      removed: entries.filter(({ removed }) => removed).map(({ id }) => id),
    });
  }

  return {
    methods: ["POST"],
    answer(request, context) {
      if (!isOwn(request, context)) {
        return text(403, "Only this server's own pages may ask for this.");
      }
      return request.method === "POST" ? post(request) : get();
    },
  };
}

/** Whether a request comes from a page of this server. Browsers do not name the origin of a page that reads its own server. */
export function isOwn(
  { method, headers }: Request,
  { origin }: ViewRequest,
): boolean {
  const site = headers.get("sec-fetch-site");
  if (site !== null && site !== "same-origin") return false;
  const sender = headers.get("origin");
  return sender === origin || (sender === null && method === "GET");
}

/** The body of a request that knows the token, or why it is refused. */
export async function bodyOf(
  request: Request,
  token: string,
): Promise<string | Response> {
  if (request.headers.get("x-tilewise-token") !== token) {
    return text(403, "The server was started again: reload the page.");
  }
  if (request.headers.get("content-type") !== "application/json") {
    return text(400, "Changes must be application/json.");
  }
  return await readBody(request) ??
    text(413, `Changes may have ${MAX_CHANGES_BYTES} bytes at most.`);
}

/** The body as text; `undefined` if it is too long. */
async function readBody(request: Request): Promise<string | undefined> {
  let text = "";
  let length = 0;
  const decoder = new TextDecoder();
  for await (const piece of request.body ?? []) {
    length += piece.length;
    if (length > MAX_CHANGES_BYTES) return undefined;
    text += decoder.decode(piece, { stream: true });
  }
  return text + decoder.decode();
}
