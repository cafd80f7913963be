import { cannot } from "../errors/cannot.ts";
import { bodyOf, isOwn } from "../view/answer_corrections.ts";
import { text } from "../view/answer_view.ts";
import type { View, ViewRequest } from "../view/view.ts";
import { keepLevel } from "./keep_level.ts";

/**
 * Lets pages of the server keep a view's objects at another threshold as results, by a POST to `keep`.
 *
 * @param options `maps`, the files of its probability maps; `token`, what only the server's own pages know.
 */
export function keepView<V extends View>(
  view: V,
  { maps, token }: {
    readonly maps: readonly string[];
    readonly token: string;
  },
): V {
  const { description } = view;
  if (maps.length === 0 || !description.levels) return view;
  let last: Promise<unknown> = Promise.resolve();

  async function answer(
    request: Request,
    context: ViewRequest,
  ): Promise<Response> {
    if (!isOwn(request, context)) {
      return text(403, "Only this server's own pages may ask for this.");
    }
    if (request.method !== "POST") return text(405, "Only POST is allowed.");
    const body = await bodyOf(request, token);
    if (body instanceof Response) return body;
    try {
      const threshold = thresholdOf(body);
      const { signal } = context;
      // One after the other, so that two windows do not write the same files.
      const kept = last.then(() => keepLevel(maps, { threshold, signal }));
      last = kept.catch(() => {});
      return Response.json(await kept);
    } catch (error) {
      const isBad = error instanceof RangeError || error instanceof SyntaxError;
      return text(isBad ? 400 : 409, (error as Error).message);
    }
  }

  return {
    ...view,
    description: {
      ...description,
      levels: { ...description.levels, keeps: true },
    },
    handlers: new Map([
      ...view.handlers ?? [],
      ["keep", { methods: ["POST"], answer }],
    ]),
  };
}

/** @throws {SyntaxError} If it is not `{ "threshold": 0.62 }`. */
function thresholdOf(body: string): number {
  let threshold: unknown;
  try {
    threshold = JSON.parse(body)?.threshold;
  } catch {
    // said below
  }
  if (typeof threshold === "number" && threshold >= 0 && threshold <= 1) {
    return threshold;
  }
  throw cannot("keep results", "threshold must be from 0 to 1", {
    received: threshold,
    kind: SyntaxError,
  });
}
