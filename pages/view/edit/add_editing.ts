/// <reference lib="dom" />
import { formatCount } from "../../../src/report/markup.ts";
import { element } from "../element.ts";
import type { ObjectList } from "../object_list.ts";
import { kindOf } from "../object_styles.ts";
import type { PageContext } from "../page_context.ts";
import { objectActions } from "./actions.ts";
import { ClassMenu } from "./class_menu.ts";
import { CorrectionServer } from "./correction_server.ts";
import type { EditContext } from "./edit_context.ts";
import { EditSession } from "./edit_session.ts";
import { History } from "./history.ts";
import { Overlay } from "./overlay.ts";
import { PointerInput } from "./pointer_input.ts";
import { drawTheirs, showSaving } from "./save_state.ts";
import type { Tool } from "./tool.ts";
import { Toolbar } from "./toolbar.ts";
import { brush } from "./tools/brush.ts";
import { eraser } from "./tools/eraser.ts";
import { polygon, region } from "./tools/polygon.ts";
import { selectSeveral } from "./tools/select_several.ts";
import { split } from "./tools/split.ts";
import { PenSize } from "./tools/stroke_tool.ts";

/** Who has taken the pointer. */
const OWN = { detail: "edit" };

/** How long a message stays, in milliseconds. */
const STAYS = 7000;

/**
 * The server's side of corrections, if it takes some. To be asked for before the objects are, so that no change of
 * another window falls between the two.
 */
export async function offeredCorrections(
  { base, view, notice }: PageContext,
): Promise<CorrectionServer | undefined> {
  if (!view.editable) return undefined;
  const server = new CorrectionServer(base);
  try {
    await server.open();
    return server;
  } catch (error) {
    notice(`The objects cannot be corrected: ${(error as Error).message}`);
  }
}

/** Adds the tools that correct objects. */
export function addEditing(
  page: PageContext,
  { list, corrections }: {
    readonly list: ObjectList;
    readonly corrections: CorrectionServer;
  },
): void {
  const { store, selection, keys } = page;
  const session = new EditSession(corrections, store.own);
  const history = new History(session);
  let tool: Tool | undefined;
  const overlay = new Overlay(page, (pen, place) => {
    drawTheirs(pen, { place, session });
    tool?.draw?.(pen, place);
  });
  const edit: EditContext = {
    ...{ page, history, className: undefined, say },
    classes: new Map(
      corrections.classes.map(({ name, color }) => [name, color]),
    ),
    redraw: () => overlay.redraw(),
  };
  const size = new PenSize();
  const several = selectSeveral(edit);
  const tools = [several, polygon(edit), brush(edit, size)];
  tools.push(eraser(edit, size), split(edit), region(edit));
  const menu = new ClassMenu(edit, corrections.classes);
  const toolbar = new Toolbar(keys, isBlocked);

  /** Objects at another threshold are not those of the file. */
  function isBlocked(): boolean {
    if (!store.showsOthers) return false;
    say(
      "These are objects at another threshold: go back to the run's to correct them.",
    );
    return true;
  }
  store.onChange(() => {
    if (tool && store.showsOthers) take(undefined);
  });

  /** Takes a tool, or none, to select; the one that is taken already begins anew. */
  function take(next: Tool | undefined): void {
    tool?.cancel?.();
    if (next === tool) next?.finish?.();
    tool = next;
    // Other parts that use the pointer let go of it, such as measuring.
    if (tool) {
      element("viewer").dispatchEvent(new CustomEvent("takepointer", OWN));
    }
    toolbar.press(tool?.name ?? "Select");
    element("viewer").classList.toggle("drawing", tool !== undefined);
    overlay.redraw();
  }

  /** Takes back what the tool has begun, or goes through the history. */
  function step(go: () => string): void {
    if (!tool?.cancel?.()) say(go());
  }

  toolbar.addTool({
    name: "Select",
    icon: "M4 2l9 7-4 .600L11 14l-2 .800-2-4.300L4 13z",
    key: "v",
    help: "select: click an object",
    run: () => take(undefined),
  });
  for (const one of tools) {
    toolbar.addTool({ ...one, run: () => take(one) });
  }
  const actions = objectActions(edit, list);
  const [accept, reject, undecide, merge, remove] = actions;
  for (const action of [accept, reject, undecide]) toolbar.addAction(action);
  toolbar.addAction({
    name: "Class",
    icon: "M2 2.500h5.500l6.500 6.500-5 5L2 7.500zM5 5v.1",
    key: "c",
    help: "class of the selected objects, or of new ones",
    run: () => menu.show(),
  });
  for (const action of [merge, remove]) toolbar.addAction(action);
  toolbar.addAction({
    name: "Undo",
    icon: "M6 3L2.500 6.500 6 10M3 6.500h6a4 4 0 0 1 0 7H6",
    key: "u",
    also: ["Ctrl+z"],
    help: "undo",
    run: () => step(() => history.undo()),
  });
  toolbar.addAction({
    name: "Redo",
    icon: "M10 3l3.500 3.500L10 10M13 6.500H7a4 4 0 0 0 0 7h3",
    key: "U",
    also: ["Ctrl+Shift+z", "Ctrl+y"],
    help: "redo",
    run: () => step(() => history.redo()),
  });
  keys.add({
    keys: Object.fromEntries(
      Array.from({ length: 9 }, (_, i) => [`${i + 1}`, () => {
        if (!isBlocked()) menu.pick(i + 1);
      }]),
    ),
    shown: ["1–9"],
    help: "the first nine classes, for the selected objects or new ones",
  });
  toolbar.addAction({
    name: "Smaller",
    icon: "M8 6.500a1.500 1.500 0 1 1-.01 0zM2.500 14h11",
    key: ",",
    help: "brush and eraser smaller",
    run: () => resize(1 / 1.25),
  });
  toolbar.addAction({
    name: "Larger",
    icon: "M8 2a5 5 0 1 1-.01 0zM2.500 14h11",
    key: ".",
    help: "brush and eraser larger",
    run: () => resize(1.25),
  });
  keys.add({
    keys: {
      Enter: () => tool?.finish?.(),
      Backspace: () => tool?.back?.(),
    },
    help: "finish an outline, take its last point back",
  });
  keys.add({
    keys: { Escape: () => escape() },
    help: "leave the tool; then select nothing",
  });
  keys.add({
    keys: {},
    shown: ["Space"],
    help:
      "held: pan while a tool is active, as the middle mouse button or two fingers do",
  });

  function resize(by: number): void {
    size.scale(by);
    say(`Brush: ${Math.round(size.radius * 2)} pixels of the screen`);
    overlay.redraw();
  }

  function escape(): void {
    if (tool?.cancel?.()) return;
    if (tool) take(undefined);
    else selection.set([]);
  }

  new PointerInput(
    page,
    ({ shiftKey }) => tool ?? (shiftKey ? several : undefined),
  );
  element("viewer").addEventListener("takepointer", (event) => {
    if ((event as CustomEvent).detail !== OWN.detail) take(undefined);
  });
  showSaving(edit, session);
  element("edit").hidden = false;
  store.onChange(count);
  count();
  take(undefined);

  function count(): void {
    let [undecided, all] = [0, 0];
    for (const object of store.objects) {
      const kind = kindOf(object);
      if (kind !== "region") all++;
      if (kind === "undecided") undecided++;
    }
    element("undecided").textContent = `${formatCount(undecided)} of ${
      formatCount(all)
    } undecided`;
  }
}

let saying: ReturnType<typeof setTimeout> | undefined;

/** Shows a message for some seconds. */
function say(text: string): void {
  element("said").textContent = text;
  element("said").hidden = false;
  clearTimeout(saying);
  saying = setTimeout(() => element("said").hidden = true, STAYS);
}
