import { combine } from "../../../../src/corrections/polygons.ts";
import type { EditContext } from "../edit_context.ts";
import { addObject, isOpen, reshape } from "../edit_context.ts";
import type { Tool } from "../tool.ts";
import { type PenSize, Stroke, strokeHandlers } from "./stroke_tool.ts";

/** Paints: adds to the selected object, or begins one. */
export function brush(edit: EditContext, size: PenSize): Tool {
  const stroke = new Stroke(edit, { size, color: "rgb(0 140 255 / 45%)" });
  const { selection } = edit.page;
  return {
    name: "Brush",
    icon:
      "M13 2l1 1-6.500 6.500-1-1zM5.500 9.500a2.500 2.500 0 0 1-3.500 4.500c2 0 1-2 1.500-3a2 2 0 0 1 2-1.500z",
    key: "d",
    help:
      "brush: paint adds to the selected object, or begins one; Enter: the next stroke begins another",
    ...strokeHandlers(stroke),
    finish: () => selection.set([]),
    end(at) {
      const shape = stroke.end(at);
      const { objects } = selection;
      if (objects.length > 1) {
        return edit.say(
          "Select one object to add to it, or none to begin one.",
        );
      }
      const [object] = objects;
      if (!object) return addObject(edit, shape, { action: "brush" });
      if (!isOpen(edit, object)) return;
      const step = reshape(edit, object, combine(object.rings, shape, "union"));
      edit.history.do("brush", [step]);
    },
  };
}
