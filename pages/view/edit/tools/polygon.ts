import { regionClass } from "../../../../src/corrections/correction.ts";
import { addObject, type EditContext } from "../edit_context.ts";
import { enclosed } from "../shapes.ts";
import type { Tool } from "../tool.ts";
import { outlineTool } from "./outline_tool.ts";

/** Draws an object by its corners. */
export function polygon(edit: EditContext): Tool {
  return outlineTool(edit, {
    name: "Polygon",
    icon: "M3 6l6-4 5 5-3 7H4z",
    key: "g",
    help:
      "polygon: click its corners; Enter or a double click closes it, Backspace takes one back",
    rectangles: false,
    close(ring) {
      addObject(edit, simple(edit, ring), { action: "polygon" });
    },
  });
}

/** Draws a region that somebody has looked at as a whole. */
export function region(edit: EditContext): Tool {
  return outlineTool(edit, {
    name: "Region",
    icon:
      "M2 5V2h3M8 2h2M11 2h3v3M14 8v1M14 11v3h-3M8 14H7M5 14H2v-3M2 9V8M5 8l2 2 4-4",
    key: "w",
    help:
      "region looked at as a whole: drag a rectangle, or click corners; what is no object in it is background",
    rectangles: true,
    close(ring) {
      addObject(edit, simple(edit, ring), {
        action: "region",
        name: regionClass.name,
      });
    },
  });
}

/** An outline without crossings; says so where there were some. */
function simple(edit: EditContext, ring: readonly number[]) {
  const rings = enclosed(ring);
  const isCrossed = rings.length !== 1 || rings[0].length > ring.length;
  if (isCrossed && rings.length > 0) {
    edit.say("The outline crossed itself: all that it goes around is kept.");
  }
  return rings;
}
