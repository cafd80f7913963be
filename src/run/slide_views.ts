import { resolve } from "node:path";
import { cannot, reasonOf } from "../errors/cannot.ts";
import { Semaphore } from "../io/semaphore.ts";
import { BlockCache } from "../slide/block_cache.ts";
import { isRemote } from "../slide/open_source.ts";
import { drawThumbnail } from "../view/draw_thumbnail.ts";
import { openPicture } from "../view/open_picture.ts";
import { openView, type OpenViewOptions } from "../view/open_view.ts";
import type { SlideItem, View, ViewLoan, Views } from "../view/view.ts";
import { ViewCache } from "../view/view_cache.ts";
import {
  type CorrectionSettings,
  correctSlide,
  findCorrections,
  showCorrections,
} from "./correct_slide.ts";
import { findLayers } from "./find_results.ts";
import { keepView } from "./keep_view.ts";
import type { SlideEntry } from "./list_slides.ts";
import { resultPlaces, uniqueNames } from "./result_places.ts";
import { ResultStates } from "./result_states.ts";
import { shownSource } from "./run_context.ts";

/**
 * Options for {@linkcode SlideViews}.
 *
 * @category Viewer
 */
export interface SlideViewsOptions {
  /** Output folder of `infer`, with the results of the slides. Default: none are shown. */
  readonly results?: string;
  /** How each is opened. */
  readonly view?: Omit<OpenViewOptions, "signal">;
  /** Lets the page change objects. Default: it only shows them. */
  readonly edit?: boolean;
  /** Where corrections are, and who makes them. */
  readonly corrections?: CorrectionSettings;
  /** Called with the warnings of a slide when it is opened. */
  readonly onWarning?: (text: string, name: string) => void;
}

/** Maximum bytes of thumbnails in memory: some thousands. */
const THUMBNAIL_BYTES = 2 ** 24;

/**
 * Many slides for {@linkcode serveView}, with their results: each is opened when it is looked at, and the last few stay
 * open. Deno only.
 *
 * @category Viewer
 */
export class SlideViews implements Views, AsyncDisposable {
  readonly #entries: readonly SlideEntry[];
  readonly #names: readonly string[];
  readonly #options: SlideViewsOptions;
  readonly #states: ResultStates | undefined;
  readonly #token = crypto.randomUUID();
  readonly #views = new ViewCache((number, signal) =>
    this.#open(number, signal)
  );
  /** With why they could not be opened, at the last try. */
  readonly #items: SlideItem[];
  readonly #thumbnails = new BlockCache(THUMBNAIL_BYTES);
  // The slide that somebody looks at comes first.
  readonly #drawing = new Semaphore({ count: 1 });

  /** Takes slides as `listSlides()` gives them; opens none. */
  constructor(
    entries: readonly SlideEntry[],
    options: SlideViewsOptions = {},
  ) {
    this.#entries = entries;
    this.#names = uniqueNames(entries);
    this.#options = options;
    const { results } = options;
    if (results !== undefined) {
      this.#states = new ResultStates(results, resultPlaces(entries));
    }
    this.#items = entries.map(({ source, error }, i) => {
      const path = isRemote(source) ? shownSource(source) : resolve(source);
      return withError({ name: this.#names[i], path }, error);
    });
  }

  /** Their names, and what could not be opened. */
  get slides(): readonly SlideItem[] {
    return this.#items;
  }

  /** The slides with their results as they are now. */
  async list(): Promise<readonly SlideItem[]> {
    const states = await this.#states?.read();
    return await Promise.all(this.#items.map(async (item, i) => {
      const known = states?.[i];
      const isCorrected = known?.state !== "running" &&
        await this.#hasOwnCorrections(i);
      const state = isCorrected ? "corrected" : known?.state;
      return { ...known, state, ...item };
    }));
  }

  /** Whether a slide has corrections elsewhere than among its results. */
  async #hasOwnCorrections(number: number): Promise<boolean> {
    const { results, corrections } = this.#options;
    if (results !== undefined && !corrections?.corrected) return false;
    const { source } = this.#entries[number];
    const name = this.#names[number];
    const path = await findCorrections({ ...corrections, source, name });
    return path !== undefined;
  }

  /**
   * Opens a slide with its results.
   *
   * @throws {Error} If it, or its results, cannot be opened.
   */
  async open(
    number: number,
    options: { readonly signal?: AbortSignal } = {},
  ): Promise<ViewLoan> {
    return await this.#views.take(number, options);
  }

  async #open(
    number: number,
    signal: AbortSignal,
  ): Promise<View & AsyncDisposable> {
    return await this.#noting(number, async ({ source, mpp }) => {
      const { results, view, edit, corrections, onWarning } = this.#options;
      const { place, hasLayers } = await this.#states?.find(number) ?? {};
      const found = hasLayers
        ? await findLayers(results!, source, { place })
        : {};
      const given = Object.entries(view ?? {})
        .filter(([, value]) => value !== undefined);
      const name = this.#names[number];
      const where = { ...corrections, source, name, results, place };
      const corrected = edit || view?.geojson !== undefined
        ? undefined
        : await findCorrections(where);
      const options: OpenViewOptions = {
        ...{ ...found, mpp, ...Object.fromEntries(given), signal },
        ...((edit || corrected) && { geojson: undefined }),
      };
      const opened = await openView(source, options);
      const { description: { width, height }, warnings = [] } = opened;
      const size = await this.#states?.sizeOf(number);
      if (size && (size.width !== width || size.height !== height)) {
        await opened[Symbol.asyncDispose]();
        throw cannot(
          `show the results of "${name}"`,
          `"${place}.json" is of a slide of ${size.width}×${size.height} px, and this one has ${width}×${height}`,
          { kind: RangeError },
        );
      }
      for (const text of warnings) onWarning?.(text, name);
      if (!edit && !corrected) return opened;
      try {
        if (edit) {
          const { geojson } = view ?? {};
          const { probability, probabilities = [] } = options;
          const maps = probability ? [probability] : probabilities;
          const kept = keepView(opened, { maps, token: this.#token });
          return await correctSlide(kept, {
            ...where,
            geojson,
            token: this.#token,
          });
        }
        onWarning?.(`its objects are those of "${corrected}"`, name);
        return await showCorrections(opened, corrected!);
      } catch (error) {
        await opened[Symbol.asyncDispose]();
        throw error;
      }
    });
  }

  /** Draws a slide small; it is opened for that alone, so that looking through a list closes nothing. */
  async thumbnail(
    number: number,
    { signal }: { readonly signal?: AbortSignal } = {},
  ): Promise<Uint8Array | undefined> {
    const { page, sampleRange } = this.#options.view ?? {};
    const load = (signal: AbortSignal) =>
      this.#noting(number, async ({ source }) => {
        using _ = await this.#drawing.take({ signal });
        const options = { page, sampleRange, signal };
        await using picture = await openPicture(source, options);
        const drawn = await drawThumbnail(picture.source, { signal });
        return drawn ?? new Uint8Array();
      });
    const key = String(number);
    using loan = await this.#thumbnails.get(key, load, { signal });
    return loan.block.length > 0 ? loan.block.slice() : undefined;
  }

  /** Opens a slide, and keeps the reason if that fails. */
  async #noting<T>(
    number: number,
    open: (entry: SlideEntry) => Promise<T>,
  ): Promise<T> {
    const entry = this.#entries[number];
    if (entry.error !== undefined) throw entry.error;
    try {
      const opened = await open(entry);
      this.#items[number] = withError(this.#items[number], undefined);
      return opened;
    } catch (error) {
      const isAbort = (error as Error)?.name === "AbortError";
      if (!isAbort) {
        this.#items[number] = withError(this.#items[number], error);
      }
      throw error;
    }
  }

  /** Whether a slide has results, or a run is writing them. */
  async haveResults(): Promise<boolean> {
    const states = await this.#states?.read() ?? [];
    return states.some(({ state }) => state !== undefined);
  }

  /** Closes all. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.#views[Symbol.asyncDispose]();
  }
}

function withError({ name, path }: SlideItem, error: unknown): SlideItem {
  return error === undefined
    ? { name, path }
    : { name, path, state: "failed", error: reasonOf(error) };
}
