/// <reference lib="dom" />
import { regionClass } from "../../../../src/corrections/correction.ts";
import { combine } from "../../../../src/corrections/polygons.ts";
import type { OutlinedObject } from "../../object_store.ts";
import {
  type EditContext,
  isOpen,
  nameOf,
  newStep,
  reshape,
} from "../edit_context.ts";
import {
  areaOf,
  chords,
  penStroke,
  pieces,
  simplifiedLine,
} from "../shapes.ts";
import type { Step } from "../steps.ts";
import type { Tool } from "../tool.ts";
import { strokeLine } from "./outline_tool.ts";

/** Half the width of a cut in level-0 pixels; the largest piece gets what is cut away. */
const HALF = 0.02;

/** Cuts objects along a line: the selected ones, or all that it crosses. */
export function split(edit: EditContext): Tool {
  const { store, selection } = edit.page;
  let line: number[] = [];
  const cancel = () => {
    const begun = line.length > 0;
    line = [];
    edit.redraw();
    return begun;
  };
  return {
    name: "Split",
    icon:
      "M3 2l8 9M13 2l-8 9M4.500 10.500a1.700 1.700 0 1 0 .1 0zM11.500 10.500a1.700 1.700 0 1 0 .1 0z",
    key: "k",
    help: "split: draw a line through an object",
    begin: ({ x, y }) => line = [x, y],
    drag({ x, y }) {
      line.push(x, y);
      edit.redraw();
    },
    drop: () => void cancel(),
    cancel,
    end({ zoom }) {
      const cut = simplifiedLine(line, 0.5 / zoom);
      cancel();
      const targets = selection.objects.length > 0
        ? selection.objects
        : store.within(boundsOf(cut)).filter(({ state, name }) =>
          state !== "rejected" && name !== regionClass.name
        );
      if (!targets.every((object) => isOpen(edit, object))) return;
      const parted = targets.map((object) => partsOf(edit, object, cut))
        .filter((steps) => steps.length > 0);
      if (parted.length === 0) {
        return edit.say(
          targets.length === 1
            ? `The line must cross ${nameOf(targets[0])} from edge to edge.`
            : "The line crosses no object from edge to edge.",
        );
      }
      edit.history.do("split", parted.flat());
    },
    draw(pen, place) {
      const path = new Path2D();
      for (let i = 0; i < line.length; i += 2) {
        path.lineTo(line[i], line[i + 1]);
      }
      strokeLine(pen, path, place);
    },
  };
}

/** The steps that cut an object; none if the line does not part it. */
function partsOf(
  edit: EditContext,
  object: OutlinedObject,
  cut: readonly number[],
): Step[] {
  const lines = chords(cut, object.rings);
  const wide = penStroke(lines, { radius: HALF, error: HALF / 2 });
  const parts = pieces(object.rings).flatMap((piece) => {
    const after = pieces(combine(piece, wide, "difference"));
    return after.length > 1 ? after : [];
  });
  if (parts.length === 0) return [];
  // The largest keeps the rest: what is cut away, and the pieces that the line does not meet.
  const [, ...others] = parts.toSorted((a, b) => areaOf(b) - areaOf(a));
  const rest = combine(object.rings, others.flat(), "difference");
  return [
    reshape(edit, object, rest),
    ...others.map((rings) => newStep(edit, rings, object.name)),
  ];
}

function boundsOf(line: readonly number[]) {
  const [xs, ys] = [0, 1].map((axis) => line.filter((_, i) => i % 2 === axis));
  return {
    left: Math.min(...xs),
    right: Math.max(...xs),
    top: Math.min(...ys),
    bottom: Math.max(...ys),
  };
}
