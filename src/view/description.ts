/**
 * Description of a view, shared by the server and the page.
 *
 * @category Viewer
 */
export interface ViewDescription {
  /** The slide's name. */
  readonly name: string;
  /** The slide's width in level-0 pixels. */
  readonly width: number;
  /** The slide's height in level-0 pixels. */
  readonly height: number;
  /** Micrometers per level-0 pixel, if known. */
  readonly mpp?: { readonly x: number; readonly y: number };
  /** Its layers, from the bottom up. */
  readonly layers: readonly LayerDescription[];
  /** Its channels, if it is no color picture: each is a layer of its own. */
  readonly channels?: readonly ChannelDescription[];
  /** What is said of how it is shown, one sentence each. */
  readonly notes?: readonly string[];
  /** The pictures beside the slide, such as label and macro. */
  readonly labelImages?: LabelImages;
  /** The run's threshold. Default: it is unknown. */
  readonly threshold?: number;
  /** What can be told of objects at other thresholds, if there are maps of probabilities. */
  readonly levels?: LevelsDescription;
  /** Whether a run is in progress, reported by `/events`. */
  readonly live: boolean;
  /** Whether its objects can be changed, by `corrections`. Default: no. */
  readonly editable?: boolean;
}

/**
 * The name of a layer, also in the URLs of its tiles.
 *
 * @category Viewer
 */
export type LayerId =
  | "slide"
  | "probability"
  | "mask"
  | `channel-${number}`;

/**
 * A layer of deep-zoom tiles.
 *
 * @category Viewer
 */
export interface LayerDescription {
  /** Its name. */
  readonly id: LayerId;
  /** Width in its own pixels, at its finest zoom. */
  readonly width: number;
  /** Height in its own pixels. */
  readonly height: number;
  /** Width in level-0 pixels of the slide; a layer may overhang it by part of a pixel. */
  readonly slideWidth: number;
  /** Side of a tile. */
  readonly tileSize: number;
  /** Pixels of each neighbor that a tile has around it, where there are neighbors. */
  readonly overlap: number;
  /** The coarsest zoom. */
  readonly minZoom: number;
  /** The finest zoom. */
  readonly maxZoom: number;
  /** Whether its tiles have the colors of classes, and are transparent elsewhere. Default: maps are gray. */
  readonly colored?: boolean;
}

/**
 * The objects of probability maps at any threshold.
 *
 * @category Viewer
 */
export interface LevelsDescription {
  /** The tiles of their mask. */
  readonly mask: LayerDescription;
  /** Level-0 pixels per pixel of the maps: the finest that outlines can be. */
  readonly scale: number;
  /** Minimum area of an object in level-0 pixels. */
  readonly minArea: number;
  /** Whether `keep` writes them as results. Default: false. */
  readonly keeps?: boolean;
}

/**
 * The numbers of all objects of a class, or of all.
 *
 * @category Viewer
 */
export interface LevelCount {
  readonly count: number;
  /** Sum of their areas in level-0 pixels. */
  readonly area: number;
}

/**
 * A line of the answer of `/slides/N/level`: the share that is done; at the end, what was found.
 *
 * @category Viewer
 */
export type LevelLine = { readonly share: number } | {
  readonly all: LevelCount;
  /** By class, in order. */
  readonly classes: readonly LevelCount[];
  /** Whether `level.json` has the objects: they are not too many. */
  readonly listed: boolean;
};

/**
 * A channel of a slide: a layer of gray tiles that the page colors, and adds to the others.
 *
 * @category Viewer
 */
export interface ChannelDescription {
  /** Its layer. */
  readonly layer: LayerId;
  /** Its name. */
  readonly name: string;
  /** Its color, as `#00ff00`. */
  readonly color: string;
  /** The sample values of black and of white in its tiles. */
  readonly range: readonly [min: number, max: number];
  /** The sample values that are shown as black and as its color at first. */
  readonly window: readonly [black: number, white: number];
  /** Where the window comes from, in words. */
  readonly source: string;
}

/**
 * The pictures beside a slide. They often show a patient's name, so that they are served only on request.
 *
 * @category Viewer
 */
export interface LabelImages {
  /** Whether they are served, as `/slides/N/associated/NAME`. */
  readonly shown: boolean;
  /** Their names and sizes. */
  readonly pictures: readonly {
    readonly name: string;
    readonly width: number;
    readonly height: number;
  }[];
}

/**
 * An object as the page lists and draws it.
 *
 * @category Viewer
 */
export interface ViewObject {
  /** Its id, if it can be changed or found again. */
  readonly id?: string;
  /** Outer rings and holes: x, y, x, y, … in level-0 pixels, not closed. */
  readonly rings: readonly (readonly number[])[];
  /** Area in level-0 pixels. */
  readonly area: number;
  /** Mean probability, if known. */
  readonly probability?: number;
  /** Its class. */
  readonly name?: string;
  /** Its color, 0 to 255. */
  readonly color?: readonly [red: number, green: number, blue: number];
  /** What a person did to it. Default: nobody has decided. */
  readonly state?: "accepted" | "changed" | "drawn" | "rejected";
  /** Its numbers, by name. */
  readonly measurements?: Readonly<Record<string, number>>;
}

/**
 * Progress of a run.
 *
 * @category Viewer
 */
export interface LiveState {
  /** Number of the slide in a batch; when it changes, the page starts over. */
  readonly run: number;
  /** Tiles done, with or without tissue. */
  readonly done: number;
  /** Tiles in all. */
  readonly total: number;
  /** Tiles without tissue, of those done. */
  readonly skipped: number;
  /** Seconds since the run began. */
  readonly seconds: number;
  /** Whether the slide is done. */
  readonly ended: boolean;
  /** Number of objects so far. */
  readonly objects: number;
  /** The center of the last tile in level-0 pixels. */
  readonly tile?: {
    readonly x: number;
    readonly y: number;
    readonly side: number;
  };
}
