import type { LiveState, ViewDescription, ViewObject } from "./description.ts";
import type { TileLayer } from "./tile_layer.ts";

/**
 * Everything that a page can request of a slide.
 *
 * @category Viewer
 */
export interface View {
  /** The description of the page. */
  readonly description: ViewDescription;
  /** Its layers by name. */
  readonly layers: ReadonlyMap<string, TileLayer>;
  /** Its objects. */
  readonly objects: readonly ViewObject[];
  /** Warnings about how the slide was read. */
  readonly warnings?: readonly string[];
  /** Progress of the run, if there is one. */
  readonly live?: LiveState;
  /** What else it answers, by the last part of the URL: `/slides/N/NAME`. */
  readonly handlers?: ReadonlyMap<string, ViewHandler>;
}

/**
 * Answers requests for one name under a slide's URL.
 *
 * @category Viewer
 */
export interface ViewHandler {
  /** Methods besides GET. Default: none. */
  readonly methods?: readonly string[];
  /** Answers a request, whose host and method have been checked. */
  answer(request: Request, context: ViewRequest): Promise<Response> | Response;
}

/**
 * What a {@linkcode ViewHandler} knows of a request.
 *
 * @category Viewer
 */
export interface ViewRequest {
  /** The origin of the server's own pages, such as `http://127.0.0.1:8473`. */
  readonly origin: string;
  /** Aborts when the client has left. */
  readonly signal: AbortSignal;
}

/**
 * What is known of a slide's results: `running` while they are written, `failed` if the slide cannot be opened.
 *
 * @category Viewer
 */
export type SlideState = "running" | "done" | "corrected" | "failed";

/**
 * A slide in the list of the page.
 *
 * @category Viewer
 */
export interface SlideItem {
  /** The slide's name; with its folders, `FOLDER/NAME`, if another slide of the list has the same. */
  readonly name: string;
  /** Its path, or its URL without a query, by which longer names find it, too. */
  readonly path?: string;
  /** What is known of its results. Default: it has none. */
  readonly state?: SlideState;
  /** Number of objects that the run found. */
  readonly objects?: number;
  /** Share of the slide that they cover, 0 to 1, or of the region that was looked at. */
  readonly positiveFraction?: number;
  /** Why it cannot be opened, in one line. */
  readonly error?: string;
}

/**
 * A slide that stays open until it is disposed of, and as long after as its server likes.
 *
 * @category Viewer
 */
export interface ViewLoan extends Disposable {
  /** The slide. */
  readonly view: View;
}

/**
 * The slides of a server.
 *
 * @category Viewer
 */
export interface Views {
  /** The slides, in the order of the page; none before the first run begins. */
  readonly slides: readonly SlideItem[];
  /** Progress of the run that is shown, if there is one. */
  readonly live?: LiveState;
  /** The slides with what is known of them now. Default: `slides`. */
  list?(): Promise<readonly SlideItem[]>;
  /**
   * Opens a slide, or lends the one that is open.
   *
   * @param number Its position in `slides`, from 0.
   * @throws {Error} If it cannot be opened.
   */
  open(
    number: number,
    options: Pick<ViewRequest, "signal">,
  ): Promise<ViewLoan> | ViewLoan;
  /**
   * Draws a slide small, as JPEG or PNG; `undefined` if it has no level that is small enough. Default: there are none.
   *
   * @throws {Error} If it cannot be opened.
   */
  thumbnail?(
    number: number,
    options: Pick<ViewRequest, "signal">,
  ): Promise<Uint8Array | undefined>;
}

/**
 * The views of a server of one slide: the view that `current()` gives at the time of a request, if any.
 *
 * @category Viewer
 */
export function oneView(current: () => View | undefined): Views {
  return {
    get slides() {
      const view = current();
      return view ? [{ name: view.description.name }] : [];
    },
    get live() {
      return current()?.live;
    },
    open: () => ({ view: current()!, [Symbol.dispose]() {} }),
  };
}
