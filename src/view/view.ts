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
 * A slide in the list of the page.
 *
 * @category Viewer
 */
export interface SlideItem {
  /** The slide's name. */
  readonly name: string;
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
  /**
   * Opens a slide, or gives the one that is open.
   *
   * @param number Its position in `slides`, from 0.
   * @throws {Error} If it cannot be opened.
   */
  open(
    number: number,
    options: { readonly signal: AbortSignal },
  ): Promise<View> | View;
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
    open: () => current()!,
  };
}
