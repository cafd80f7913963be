import { regionClass } from "../../../src/corrections/correction.ts";
import { normalize } from "../../../src/corrections/polygons.ts";
import type { OutlinedObject } from "../object_store.ts";
import type { PageContext } from "../page_context.ts";
import type { History } from "./history.ts";
import { areaOf, type Rings, within } from "./shapes.ts";
import type { Step } from "./steps.ts";

/** What tools and actions share. */
export interface EditContext {
  readonly page: PageContext;
  readonly history: History;
  /** The classes that were there when the page was opened, with their colors. */
  readonly classes: ReadonlyMap<string, OutlinedObject["color"]>;
  /** The class of objects that are drawn; `undefined`: none. */
  className: string | undefined;
  /** Tells the person something. */
  say(text: string): void;
  /** Draws the tool again. */
  redraw(): void;
}

/** An object as messages name it. */
export function nameOf({ number }: OutlinedObject): string {
  return `#${number}`;
}

/** The color of a class, as its objects have it. */
export function colorOf(
  { page, classes }: EditContext,
  name: string | undefined,
): OutlinedObject["color"] {
  if (name === regionClass.name) return regionClass.color;
  if (name !== undefined && classes.has(name)) return classes.get(name);
  for (const object of page.store.objects) {
    if (object.name === name) return object.color;
  }
}

/** Adds an object and selects it; what lies outside the slide is cut off. */
export function addObject(
  edit: EditContext,
  rings: Rings,
  { action, name = edit.className }: {
    readonly action: string;
    readonly name?: string;
  },
): void {
  const { store, selection, view } = edit.page;
  const inside = within(normalize(rings), view);
  if (inside.length === 0) return edit.say("It has no area on the slide.");
  const step = newStep(edit, inside, name);
  edit.history.do(action, [step]);
  const object = store.get(step.id);
  if (object) selection.set([object]);
}

/** The step that adds an object. */
export function newStep(
  edit: EditContext,
  rings: Rings,
  name: string | undefined,
): Step {
  const id = crypto.randomUUID();
  const after = {
    ...{ id, rings, name, area: areaOf(rings) },
    color: colorOf(edit, name),
    state: "drawn" as const,
  };
  return { id, before: undefined, after };
}

/** The step that gives an object another outline, cut off at the slide's edges; without any, it is removed. */
export function reshape(
  { page }: EditContext,
  object: OutlinedObject,
  rings: Rings,
): Step {
  const inside = within(rings, page.view);
  const id = object.id!;
  if (inside.length === 0) return { id, before: object, after: undefined };
  const state = object.state === "drawn" ? "drawn" : "changed";
  const area = areaOf(inside);
  return {
    id,
    before: object,
    after: { ...object, rings: inside, area, state },
  };
}

/** Whether an object's outline or class may be changed; says why not. */
export function isOpen(edit: EditContext, object: OutlinedObject): boolean {
  if (object.state !== "rejected") return true;
  edit.say(`${nameOf(object)} is rejected: accept it first (a).`);
  return false;
}
