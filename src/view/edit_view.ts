import type { Corrections } from "../corrections/corrections.ts";
import { correctionsHandler } from "./answer_corrections.ts";
import { EditedObjects } from "./edited_objects.ts";
import type { View } from "./view.ts";

/**
 * Makes the objects of a view those of corrections, which the server's pages may change.
 *
 * @param options `token`, what only pages of this server can read.
 *
 * @category Viewer
 */
export function editView<V extends View>(
  view: V,
  corrections: Corrections,
  { token }: { readonly token: string },
): V {
  const objects = new EditedObjects(corrections, view.description);
  return {
    ...view,
    description: { ...view.description, editable: true },
    get objects() {
      return objects.list;
    },
    handlers: new Map([
      ...view.handlers ?? [],
      ["corrections", correctionsHandler(corrections, { objects, token })],
    ]),
  };
}
