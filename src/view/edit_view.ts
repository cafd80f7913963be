import type { Corrections } from "../corrections/corrections.ts";
import { correctionsHandler } from "./answer_corrections.ts";
import { EditedObjects } from "./edited_objects.ts";
import type { View } from "./view.ts";

/**
 * Makes the objects of a view those of corrections.
 *
 * @param options `token`, what only pages of this server can read; they may change the objects. Default: nobody may.
 *
 * @category Viewer
 */
export function editView<V extends View>(
  view: V,
  corrections: Corrections,
  { token }: { readonly token?: string },
): V {
  const objects = new EditedObjects(corrections, view.description);
  const handlers = new Map(view.handlers);
  if (token !== undefined) {
    const handler = correctionsHandler(corrections, { objects, token });
    handlers.set("corrections", handler);
  }
  return {
    ...view,
    description: { ...view.description, editable: token !== undefined },
    get objects() {
      return objects.list;
    },
    handlers,
  };
}
