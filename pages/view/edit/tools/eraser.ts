import { combine } from "../../../../src/corrections/polygons.ts";
import { type EditContext, isOpen, nameOf, reshape } from "../edit_context.ts";
import { areaOf } from "../shapes.ts";
import type { Tool } from "../tool.ts";
import { type PenSize, Stroke, strokeHandlers } from "./stroke_tool.ts";

/** Erases from the selected objects, or from the one where the stroke begins. */
export function eraser(edit: EditContext, size: PenSize): Tool {
  const stroke = new Stroke(edit, { size, color: "rgb(255 90 60 / 45%)" });
  const { store, selection } = edit.page;
  return {
    name: "Eraser",
    icon:
      "M9 2.500l4.500 4.500L8 12.500H5L2.500 10zM6 5.500l4.500 4.500M5 13.500h9",
    key: "e",
    help:
      "eraser: takes from the selected objects, or from the one where the stroke begins",
    ...strokeHandlers(stroke),
    end(at) {
      const under = store.at(stroke.start[0], stroke.start[1]);
      const shape = stroke.end(at);
      const targets = selection.objects.length > 0
        ? selection.objects
        : under
        ? [under]
        : [];
      if (targets.length === 0) {
        return edit.say("Begin on an object, or select one, to erase from it.");
      }
      if (!targets.every((object) => isOpen(edit, object))) return;
      const steps = targets.map((object) => {
        // Crumbs smaller than a pixel of the screen cannot be seen, and would keep an erased object alive.
        const kept = combine(object.rings, shape, "difference")
          .filter((ring) => areaOf([ring]) * at.zoom ** 2 >= 1);
        return reshape(edit, object, kept);
      }).filter(({ before, after }) => before!.area !== after?.area);
      if (steps.length === 0) return;
      edit.history.do("erase", steps);
      const gone = targets.filter(({ id }) => !store.get(id!));
      if (gone.length > 0) {
        edit.say(`${gone.map(nameOf).join(", ")} is erased whole: removed.`);
      }
    },
  };
}
