import type { LiveState, ViewDescription, ViewObject } from "./description.ts";
import type { TileLayer } from "./tile_layer.ts";

/** All that a page can request from {@linkcode serveView}. */
export interface View {
  /** What is shown. */
  readonly description: ViewDescription;
  /** Its layers by name. */
  readonly layers: ReadonlyMap<string, TileLayer>;
  /** Its objects. */
  readonly objects: readonly ViewObject[];
  /** Warnings about how the slide was read. */
  readonly warnings?: readonly string[];
  /** Progress of the run, if there is one. */
  readonly live?: LiveState;
}
