import type { LiveState, ViewDescription, ViewObject } from "./description.ts";
import type { TileLayer } from "./tile_layer.ts";

/** What {@linkcode serveView} serves: all that a page can ask for. */
export interface View {
  /** What is shown. */
  readonly description: ViewDescription;
  /** Its layers by name. */
  readonly layers: ReadonlyMap<string, TileLayer>;
  /** Its objects. */
  readonly objects: readonly ViewObject[];
  /** What is not certain about how the slide was read. */
  readonly warnings?: readonly string[];
  /** How far the run is, where one is under way. */
  readonly live?: LiveState;
}
