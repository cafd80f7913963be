/// <reference lib="dom" />
import { regionClass } from "../../../../src/corrections/correction.ts";
import type { EditContext } from "../edit_context.ts";
import type { Tool, ToolPointer } from "../tool.ts";
import { rectangleOf, strokeLine } from "./outline_tool.ts";

/** Selects several objects: a click adds or takes away, a rectangle selects all that lie in it. */
export function selectSeveral(edit: EditContext): Tool {
  const { store, selection } = edit.page;
  let start: ToolPointer | undefined;
  let now: ToolPointer | undefined;
  const cancel = () => {
    const begun = start !== undefined;
    start = now = undefined;
    edit.redraw();
    return begun;
  };
  return {
    name: "Several",
    icon:
      "M2 2h3M7 2h3M12 2h2v3M14 7v2M2 5v3M2 10v2M2 14h3M7 7l7 3-3 1.200L9.500 14z",
    key: "V",
    help:
      "select several: click each, or drag a rectangle (Shift does so at any time)",
    begin: (at) => start = now = at,
    drag(at) {
      now = at;
      edit.redraw();
    },
    drop: () => void cancel(),
    cancel,
    end(at) {
      const from = start ?? at;
      cancel();
      if (Math.hypot(at.x - from.x, at.y - from.y) * at.zoom < 5) {
        const object = store.at(at.x, at.y, 6 / at.zoom);
        if (object) selection.toggle(object);
        return;
      }
      const ring = rectangleOf(from, at, edit);
      const path = pathOf(ring);
      const pen = document.createElement("canvas").getContext("2d")!;
      const [xs, ys] = [0, 1].map((axis) =>
        ring.filter((_, i) => i % 2 === axis)
      );
      const found = store.within({
        left: Math.min(...xs),
        right: Math.max(...xs),
        top: Math.min(...ys),
        bottom: Math.max(...ys),
      }).filter(({ left, right, top, bottom, name }) =>
        name !== regionClass.name &&
        pen.isPointInPath(path, (left + right) / 2, (top + bottom) / 2)
      );
      selection.set(found);
      edit.say(`${found.length} selected.`);
    },
    draw(pen, place) {
      if (start && now) {
        strokeLine(pen, pathOf(rectangleOf(start, now, edit)), place);
      }
    },
  };
}

function pathOf(ring: readonly number[]): Path2D {
  const path = new Path2D();
  for (let i = 0; i < ring.length; i += 2) path.lineTo(ring[i], ring[i + 1]);
  path.closePath();
  return path;
}
