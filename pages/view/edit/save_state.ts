/// <reference lib="dom" />
import { element } from "../element.ts";
import type { Placement } from "../placement.ts";
import { type EditContext, nameOf } from "./edit_context.ts";
import type { Conflict, EditSession } from "./edit_session.ts";

/** Shows how far changes are saved, and what keeps them from it; leaving the page with unsaved ones asks. */
export function showSaving(edit: EditContext, session: EditSession): void {
  const show = () => {
    const { state, conflicts } = session;
    element("saved").textContent = state.kind === "failed" ||
        conflicts.length > 0
      ? "Not saved"
      : state.kind === "saving"
      ? "Saving …"
      : "Saved";
    element("saved").className = element("saved").textContent === "Not saved"
      ? "unsaved"
      : "";
    const [conflict] = conflicts;
    if (conflict) showConflict(edit, { session, conflict });
    else if (state.kind === "failed") {
      const seconds = Math.ceil((state.again - Date.now()) / 1000);
      trouble(
        `Not saved: ${state.reason} Your changes are kept on this page, and saving is tried again ${
          seconds > 0 ? `in ${seconds} s` : "now"
        }.`,
        { "Try now": () => session.retry() },
      );
    } else trouble("");
    edit.redraw();
  };
  session.onChange(show);
  setInterval(() => {
    if (session.state.kind === "failed") show();
  }, 1000);
  globalThis.addEventListener("beforeunload", (event) => {
    if (session.isUnsaved) event.preventDefault();
  });
  show();
}

function showConflict(
  { page }: EditContext,
  { session, conflict }: {
    readonly session: EditSession;
    readonly conflict: Conflict;
  },
): void {
  const { id, mine, theirs, reason } = conflict;
  const object = page.store.get(id);
  const name = object ? nameOf(object) : "an object that you removed";
  const others = session.conflicts.length - 1;
  const more = others > 0 ? ` (${others} more)` : "";
  const buttons: Record<string, () => void> = {
    "Keep mine": () => session.decide(conflict, "mine"),
    "Take theirs": () => session.decide(conflict, "theirs"),
  };
  const show = () => {
    const points = (theirs ?? mine)!.rings.flat();
    const [xs, ys] = [0, 1].map((axis) =>
      points.filter((_, i) => i % 2 === axis)
    );
    const [left, right] = [Math.min(...xs), Math.max(...xs)];
    const [top, bottom] = [Math.min(...ys), Math.max(...ys)];
    const room = Math.max(right - left, bottom - top, 40) / 2;
    page.moveTo({
      ...{ left: left - room, right: right + room },
      ...{ top: top - room, bottom: bottom + room },
    });
  };
  if (reason !== undefined) {
    trouble(`The server does not take ${name}: ${reason}${more}`, {
      "Show": show,
      "Try again": buttons["Keep mine"],
      "Take it back": buttons["Take theirs"],
    });
    return;
  }
  const theirWord = theirs
    ? `${theirs.state ?? "undecided"}${theirs.name ? `, ${theirs.name}` : ""}`
    : "removed";
  const myWord = mine
    ? `${mine.state ?? "undecided"}${mine.name ? `, ${mine.name}` : ""}`
    : "removed";
  trouble(
    `Another window changed ${name}${more}. Theirs (dotted): ${theirWord}. Yours: ${myWord}.`,
    { "Show": show, ...buttons },
  );
}

let shown = "";

function trouble(
  text: string,
  buttons: Readonly<Record<string, () => void>> = {},
): void {
  element("trouble").hidden = text === "";
  if (text === shown) return;
  shown = text;
  element("trouble-text").textContent = text;
  element("trouble-buttons").replaceChildren(
    ...Object.entries(buttons).map(([label, run]) => {
      const button = document.createElement("button");
      button.type = "button";
      button.textContent = label;
      button.addEventListener("click", run);
      return button;
    }),
  );
}

/** Draws what other windows made of objects that were changed here as well. */
export function drawTheirs(
  pen: CanvasRenderingContext2D,
  { place: { zoom }, session }: {
    readonly place: Placement;
    readonly session: EditSession;
  },
): void {
  for (const { theirs } of session.conflicts) {
    const path = new Path2D();
    for (const ring of theirs?.rings ?? []) {
      for (let i = 0; i < ring.length; i += 2) {
        if (i) path.lineTo(ring[i], ring[i + 1]);
        else path.moveTo(ring[i], ring[i + 1]);
      }
      path.closePath();
    }
    for (
      const [width, color] of [[5, "black"], [2.5, "rgb(255 170 0)"]] as const
    ) {
      pen.setLineDash([3 / zoom, 6 / zoom]);
      pen.lineWidth = width / zoom;
      pen.strokeStyle = color;
      pen.stroke(path);
    }
    pen.setLineDash([]);
  }
}
