import { combine } from "../../../src/corrections/polygons.ts";
import { kindOf } from "../object_styles.ts";
import type { OutlinedObject } from "../object_store.ts";
import type { ObjectList } from "../object_list.ts";
import {
  colorOf,
  type EditContext,
  isOpen,
  nameOf,
  reshape,
} from "./edit_context.ts";
import { pieces, type Rings } from "./shapes.ts";
import type { Step } from "./steps.ts";

/** What can be done with the selected objects. */
export interface Action {
  /** Its name, on its button. */
  readonly name: string;
  /** Its picture: a path in a square of 16. */
  readonly icon: string;
  /** Its key. */
  readonly key: string;
  /** What it does, for the help. */
  readonly help: string;
  run(): void;
}

/** Accepting, rejecting, joining and removing the selected objects. */
export function objectActions(
  edit: EditContext,
  list: ObjectList,
): Action[] {
  return [
    {
      name: "Accept",
      icon: "M2.500 8.500l4 4 7-9",
      key: "a",
      help: "accept: it is an object, as it is; shows the next undecided one",
      run: () => decide(edit, list, "accepted"),
    },
    {
      name: "Reject",
      icon: "M3 3l10 10M13 3L3 13",
      key: "x",
      help: "reject: it is not an object; shows the next undecided one",
      run: () => decide(edit, list, "rejected"),
    },
    {
      name: "Reopen",
      icon: "M5.500 6a2.500 2.500 0 1 1 3.500 2.300c-1 .5-1 1-1 2M8 13v.1",
      key: "q",
      help: "reopen: undecided again",
      run: () => decide(edit, list, undefined),
    },
    {
      name: "Merge",
      icon: "M6.500 4a4 4 0 1 0 0 8M9.500 4a4 4 0 1 1 0 8M6 8h4",
      key: "j",
      help: "merge the selected objects (join)",
      run: () => merge(edit),
    },
    {
      name: "Delete",
      icon: "M3 4.500h10M6.500 4V2.500h3V4M4.500 4.500l.5 9h6l.5-9",
      key: "Delete",
      help: "delete what a person drew",
      run: () => remove(edit),
    },
  ];
}

/** Gives the selected objects a class; without any, the next drawn ones have it. */
export function setClass(edit: EditContext, name: string | undefined): void {
  const { objects } = edit.page.selection;
  const word = name ?? "no class";
  if (objects.length === 0) return edit.say(`New objects: ${word}`);
  if (!objects.every((object) => isOpen(edit, object))) return;
  const steps = objects
    .filter((object) => kindOf(object) !== "region" && object.name !== name)
    .map((object): Step => {
      const state = object.state === "drawn" ? "drawn" : "changed";
      const after = {
        ...object,
        name,
        color: colorOf(edit, name),
        state,
      } as const;
      return { id: object.id!, before: object, after };
    });
  if (steps.length > 0) edit.history.do(`class ${word}`, steps);
}

function decide(
  edit: EditContext,
  list: ObjectList,
  state: "accepted" | "rejected" | undefined,
): void {
  const { selection } = edit.page;
  const { objects } = selection;
  const isOpenYet = (object: OutlinedObject) =>
    kindOf(object) === "undecided" && !objects.includes(object);
  if (objects.length === 0) {
    const first = list.after(isOpenYet);
    if (!first) return edit.say("All objects are decided.");
    return list.choose(first);
  }
  const steps = objects.flatMap((object): Step[] => {
    const kind = kindOf(object);
    if (kind === (state ?? "undecided")) return [];
    // Whoever drew or changed it has decided; accepting it says nothing new.
    const isPersons = kind === "drawn" || kind === "changed";
    if (state === "accepted" && isPersons) return [];
    const problem = kind === "region" || kind === "drawn"
      ? `is a ${kind === "region" ? kind : "drawn object"}: delete it (Delete).`
      : kind === "changed" && !state
      ? "was changed: undo takes that back (u)."
      : undefined;
    if (problem) {
      edit.say(`${nameOf(object)} ${problem}`);
      return [];
    }
    return [{ id: object.id!, before: object, after: { ...object, state } }];
  });
  const next = objects.length === 1 && state && list.after(isOpenYet);
  const word = { accepted: "accept", rejected: "reject" }[state!] ?? "reopen";
  if (steps.length > 0) edit.history.do(word, steps);
  if (next) list.choose(next);
  else if (objects.length === 1 && state) edit.say("All objects are decided.");
}

function merge(edit: EditContext): void {
  const { selection, store } = edit.page;
  const objects = selection.objects.toSorted((a, b) => b.area - a.area);
  if (objects.length < 2) return edit.say("Select several objects to merge.");
  if (!objects.every((object) => isOpen(edit, object))) return;
  if (new Set(objects.map((object) => kindOf(object) === "region")).size > 1) {
    return edit.say("A region and an object cannot be merged.");
  }
  const [largest, ...others] = objects;
  const joined = others.reduce<Rings>(
    (sum, { rings }) => combine(sum, rings, "union"),
    largest.rings,
  );
  edit.history.do("merge", [
    reshape(edit, largest, joined),
    ...others.map((object) => ({
      id: object.id!,
      before: object,
      after: undefined,
    })),
  ]);
  selection.set([store.get(largest.id!)!]);
  const count = pieces(joined).length;
  if (count > 1) edit.say(`Merged into one object of ${count} pieces.`);
  if (others.some(({ name }) => name !== largest.name)) {
    edit.say(
      `Merged; the class is that of the largest, ${largest.name ?? "none"}.`,
    );
  }
}

function remove(edit: EditContext): void {
  const { selection } = edit.page;
  const { objects } = selection;
  if (objects.length === 0) return edit.say("Select what is to be deleted.");
  const drawn = objects.filter(({ state }) => state === "drawn");
  if (drawn.length < objects.length) {
    edit.say("Only what a person drew can be deleted; reject others (x).");
  }
  if (drawn.length === 0) return;
  edit.history.do(
    "delete",
    drawn.map((object) => ({
      id: object.id!,
      before: object,
      after: undefined,
    })),
  );
}
