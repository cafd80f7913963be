import { openSlide, type OpenSlideOptions } from "../slide/open_slide.ts";
import { LiveRun } from "./live_run.ts";
import {
  serveView,
  type ServeViewOptions,
  type ViewServer,
} from "./serve_view.ts";

/** Milliseconds after which a page that is gone will not come back: reloading takes less. */
const GONE = 3000;
const STEP = 200;

/** Serves one run after another to a page on this machine. */
export class LiveView implements AsyncDisposable {
  readonly #server: ViewServer;
  #current: LiveRun | undefined;
  #runs = 0;

  /** Begins to serve; until a run begins the page waits. */
  constructor(options: ServeViewOptions = {}) {
    this.#server = serveView(() => this.#current, options);
  }

  /** The page's address. */
  get url(): string {
    return this.#server.url;
  }

  /** Whether a page follows the run at the moment. */
  get followed(): boolean {
    return this.#server.followers > 0;
  }

  /** Shows the next slide. It is opened once more, so that the page has it after the run has closed it. */
  async begin(
    source: string | URL | Blob,
    options: OpenSlideOptions = {},
  ): Promise<LiveRun> {
    const slide = await openSlide(source, options);
    const last = this.#current;
    this.#current = new LiveRun(slide, { run: ++this.#runs });
    await last?.[Symbol.asyncDispose]();
    return this.#current;
  }

  /** Waits until nobody looks any more: not at all where nobody does, and no longer than to the abort. */
  async untilLeft(signal: AbortSignal): Promise<void> {
    let gone = this.followed ? 0 : GONE;
    while (!signal.aborted && gone < GONE) {
      await new Promise((resolve) => setTimeout(resolve, STEP));
      gone = this.followed ? 0 : gone + STEP;
    }
  }

  /** Ends serving, and closes the slide. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.#server[Symbol.asyncDispose]();
    await this.#current?.[Symbol.asyncDispose]();
  }
}
