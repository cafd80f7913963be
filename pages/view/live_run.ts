import type { LiveState } from "../../src/view/description.ts";
import { element } from "./element.ts";
import { followRun } from "./follow_run.ts";
import { fetchNewObjects } from "./object_panel.ts";
import type { PageContext } from "./page_context.ts";

/** Milliseconds between requests for news, which leave the machine to the run. */
const PAUSE = 2000;

/** Shows a run as it goes on. */
export function addLiveRun(context: PageContext): void {
  const { layers, store, outlines, redraw } = context;
  let latest: LiveState | undefined;
  let shown = -1;

  async function catchUp(): Promise<void> {
    const { done, objects, ended } = latest!;
    if (objects > store.size) await fetchNewObjects(context);
    if (done !== shown) {
      for (const layer of layers.values()) {
        if (layer.description.id !== "slide") await layer.refresh();
      }
    }
    shown = done;
    if (!ended || latest!.done !== done) setTimeout(catchUp, PAUSE);
  }

  element("empty").textContent = "None yet.";
  followRun((state) => {
    const first = latest === undefined;
    latest = state;
    outlines.tile = state.ended ? undefined : state.tile;
    redraw();
    if (first) catchUp();
  });
}
