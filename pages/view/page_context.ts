import type OpenSeadragon from "openseadragon";
import type { LayerId, ViewDescription } from "../../src/view/description.ts";
import type { KeyTable } from "./key_table.ts";
import type { LayerControls } from "./layer_controls.ts";
import type { MapLayer } from "./map_layer.ts";
import type { ObjectStore } from "./object_store.ts";
import type { Outlines } from "./outlines.ts";
import type { Bounds, Placement } from "./placement.ts";
import type { Selection } from "./selection.ts";

/** What the parts of the page share. Each part is an `addX(context)`. */
export interface PageContext {
  /** The slide and its layers. */
  readonly view: ViewDescription;
  /** Where the slide's own requests go: `/slides/N/`. */
  readonly base: string;
  /** OpenSeadragon. */
  readonly viewer: OpenSeadragon.Viewer;
  /** The layers by name. */
  readonly layers: ReadonlyMap<LayerId, MapLayer>;
  /** The controls of layers and of the outlines. */
  readonly controls: Partial<Record<LayerId | "outlines", LayerControls>>;
  /** The objects. */
  readonly store: ObjectStore;
  /** Which of them are selected. */
  readonly selection: Selection;
  /** Draws them. */
  readonly outlines: Outlines;
  /** The keyboard shortcuts. */
  readonly keys: KeyTable;
  /** Where the slide is on the screen; `undefined` until it is open. */
  placement(): Placement | undefined;
  /** Draws what lies over the slide in the next frame. */
  redraw(): void;
  /** Calls back whenever the slide has moved or something was to be drawn. */
  onDraw(draw: (place: Placement) => void): void;
  /** Moves to a rectangle of the slide. */
  moveTo(bounds: Bounds): void;
  /** Shows a message on the page, until it is called without. */
  notice(text?: string): void;
}
