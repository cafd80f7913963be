import type { Change } from "../../../src/corrections/change.ts";
import { combine, type Rings } from "../../../src/corrections/polygons.ts";
import type { ViewObject } from "../../../src/view/description.ts";

/** A change of one object; `undefined`: there is none. */
export interface Step {
  readonly id: string;
  readonly before: ViewObject | undefined;
  readonly after: ViewObject | undefined;
}

/** A step as the server is told. */
export function changeOf({ id, before, after }: Step): Change {
  if (!before || !after) return wholeChange(id, after);
  return {
    id,
    state: after.state ?? null,
    ...(before.name === after.name ? {} : { name: after.name ?? null }),
    ...(sameRings(before.rings, after.rings) ? {} : { rings: after.rings }),
  };
}

/** All that an object is to be, whatever the server has. */
export function wholeChange(id: string, after: ViewObject | undefined): Change {
  if (!after) return { id, removed: true };
  const { state = null, name = null, rings } = after;
  return { id, state, name, rings };
}

/** Whether two objects are the same in what can be changed. */
export function isSame(
  a: ViewObject | undefined,
  b: ViewObject | undefined,
): boolean {
  if (!a || !b) return a === b;
  return a.state === b.state && a.name === b.name &&
    sameArea(a.rings, b.rings);
}

/** Whether outlines enclose the same, wherever their rings begin. */
function sameArea(a: Rings, b: Rings): boolean {
  return sameRings(a, b) ||
    combine(a, b, "difference").length === 0 &&
      combine(b, a, "difference").length === 0;
}

function sameRings(a: Rings, b: Rings): boolean {
  if (a === b) return true;
  return a.length === b.length &&
    a.every((ring, i) =>
      ring.length === b[i].length &&
      ring.every((value, k) => value === b[i][k])
    );
}
