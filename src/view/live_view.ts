import { colorsOf, type MaskClass, rgbOf } from "../io/classes.ts";
import type { MaskPolygon } from "../masks/polygons/outline.ts";
import type { TileMask } from "../masks/stitch/stitch_bands.ts";
import { openSlide, type OpenSlideOptions } from "../slide/open_slide.ts";
import type { Region, Slide, SlideLevel } from "../slide/slide.ts";
import { type TilePosition, tileSpan } from "../tiles/plan_tiles.ts";
import type { LayerSource } from "./deep_zoom.ts";
import type { LiveState, ViewDescription, ViewObject } from "./description.ts";
import {
  serveView,
  type ServeViewOptions,
  type ViewServer,
} from "./serve_view.ts";
import { TileLayer } from "./tile_layer.ts";
import { oneView, type View } from "./view.ts";

/** Maximum pixels per side, so that the memory of a run's picture does not grow with the slide. */
const MAX_SIDE = 4096;

/** A picture of a slide's values, one byte each, that grows tile by tile during a run. */
export class LiveCanvas implements LayerSource {
  readonly width: number;
  readonly height: number;
  readonly levels: readonly SlideLevel[];
  /** Level-0 pixels per pixel. */
  readonly scale: number;
  readonly #values: Uint8Array;

  /** Makes an empty picture of a slide. */
  constructor(slide: { readonly width: number; readonly height: number }) {
    this.scale = Math.ceil(Math.max(slide.width, slide.height) / MAX_SIDE);
    this.width = Math.ceil(slide.width / this.scale);
    this.height = Math.ceil(slide.height / this.scale);
    this.levels = [{ width: this.width, height: this.height, downsample: 1 }];
    this.#values = new Uint8Array(this.width * this.height);
  }

  /** Adds a tile's center, a byte per level-0 pixel, times `factor`; a pixel becomes the mean of those it covers. */
  add(
    tile: TilePosition,
    { values, factor }: {
      readonly values: Uint8Array;
      readonly factor: number;
    },
  ): void {
    const { scale } = this;
    const { x, y } = tile;
    const side = tileSpan(tile);
    // A pixel belongs to the tile that contains its center.
    const first = (at: number) => Math.max(0, Math.ceil(at / scale - 0.5));
    const right = Math.min(this.width, first(x + side));
    const bottom = Math.min(this.height, first(y + side));
    for (let row = first(y); row < bottom; row++) {
      const top = Math.max(0, row * scale - y);
      const end = Math.min(side, (row + 1) * scale - y);
      for (let column = first(x); column < right; column++) {
        const from = Math.max(0, column * scale - x);
        const to = Math.min(side, (column + 1) * scale - x);
        let sum = 0;
        for (let j = top; j < end; j++) {
          for (let i = from; i < to; i++) sum += values[j * side + i];
        }
        const mean = sum * factor / ((end - top) * (to - from));
        this.#values[row * this.width + column] = Math.round(mean);
      }
    }
  }

  /** Gray as RGB, black outside. */
  readRegion({ x, y, width, height }: Region): Promise<Uint8Array> {
    const pixels = new Uint8Array(width * height * 3);
    for (let j = 0; j < height; j++) {
      for (let i = 0; i < width; i++) {
        const [column, row] = [x + i, y + j];
        if (column < 0 || row < 0) continue;
        if (column >= this.width || row >= this.height) continue;
        const value = this.#values[row * this.width + column];
        pixels.fill(value, (j * width + i) * 3, (j * width + i + 1) * 3);
      }
    }
    return Promise.resolve(pixels);
  }
}

/** Milliseconds after which a disconnected page counts as closed: reloading takes less. */
const GONE = 3000;
const STEP = 200;

/**
 * Serves runs, one after another, to a page on this machine.
 *
 * @category Viewer
 */
export class LiveView implements AsyncDisposable {
  readonly #server: ViewServer;
  #current: LiveRun | undefined;
  #runs = 0;

  /** Starts the server; the page waits until a run begins. */
  constructor(options: ServeViewOptions = {}) {
    this.#server = serveView(oneView(() => this.#current), options);
  }

  /** The page's address. */
  get url(): string {
    return this.#server.url;
  }

  /** Whether a page is following the run. */
  get followed(): boolean {
    return this.#server.followers > 0;
  }

  /** Shows the next slide. It is opened again, so that the page can read it after the run has closed it. */
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

  /** Waits until all pages are closed, or until abort. */
  async untilLeft(signal: AbortSignal): Promise<void> {
    let gone = this.followed ? 0 : GONE;
    while (!signal.aborted && gone < GONE) {
      await new Promise((resolve) => setTimeout(resolve, STEP));
      gone = this.followed ? 0 : gone + STEP;
    }
  }

  /** Stops the server, and closes the slide. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.#server[Symbol.asyncDispose]();
    await this.#current?.[Symbol.asyncDispose]();
  }
}

/** Options for {@linkcode LiveRun}. */
export interface LiveRunOptions {
  /** Counts the runs. */
  readonly run: number;
}

/**
 * A run over a slide, viewed while it is processed. Its picture is at most 4096 pixels per side; outlines are exact.
 *
 * @category Viewer
 */
export class LiveRun implements View, AsyncDisposable {
  readonly layers: ReadonlyMap<string, TileLayer>;
  readonly objects: ViewObject[] = [];
  readonly #slide: Slide;
  readonly #run: number;
  readonly #mask: LiveCanvas;
  readonly #probability: LiveCanvas;
  readonly #start = performance.now();
  #end: number | undefined;
  #total = 0;
  #done = 0;
  #skipped = 0;
  #threshold = 0.5;
  #classes: readonly Pick<ViewObject, "name" | "color">[] = [];
  #tile: LiveState["tile"];

  /** Takes ownership of a slide. */
  constructor(slide: Slide, { run }: LiveRunOptions) {
    this.#slide = slide;
    this.#run = run;
    this.#mask = new LiveCanvas(slide);
    this.#probability = new LiveCanvas(slide);
    const { width } = slide;
    const slideWidth = this.#mask.width * this.#mask.scale;
    this.layers = new Map([
      ["slide", new TileLayer(slide, { id: "slide", slideWidth: width })],
      [
        "probability",
        new TileLayer(this.#probability, { id: "probability", slideWidth }),
      ],
      ["mask", new TileLayer(this.#mask, { id: "mask", slideWidth })],
    ]);
  }

  /** The description of the page. */
  get description(): ViewDescription {
    const { name, width, height, mpp } = this.#slide;
    return {
      ...{ name, width, height, mpp },
      layers: [...this.layers.values()].map(({ description }) => description),
      threshold: this.#threshold,
      live: true,
    };
  }

  /** Progress of the run. */
  get live(): LiveState {
    const now = this.#end ?? performance.now();
    return {
      run: this.#run,
      done: this.#done,
      total: this.#total,
      skipped: this.#skipped,
      seconds: Math.round((now - this.#start) / 1000),
      ended: this.#end !== undefined,
      objects: this.objects.length,
      tile: this.#tile,
    };
  }

  /** Sets the number of tiles and the threshold. */
  begin(
    { tiles, threshold, classes = [] }: {
      readonly tiles: number;
      readonly threshold: number;
      /** The classes of its objects, if there are several. */
      readonly classes?: readonly MaskClass[];
    },
  ): void {
    this.#total = tiles;
    this.#threshold = threshold;
    const colors = colorsOf(classes).map(rgbOf);
    this.#classes = classes.map(({ name }, i) => ({ name, color: colors[i] }));
  }

  /** Counts a tile without tissue. */
  skip(): void {
    this.#done++;
    this.#skipped++;
  }

  /** Adds a tile; its arrays are copied. */
  add({ tile, mask, probability8 }: TileMask): void {
    this.#done++;
    const { x, y } = tile;
    this.#tile = { x, y, side: tileSpan(tile) };
    const values = mask.map((value) => Math.min(value, 1));
    this.#mask.add(tile, { values, factor: 255 });
    if (probability8) {
      this.#probability.add(tile, { values: probability8, factor: 1 });
    }
    for (const layer of this.layers.values()) {
      if (layer.description.id !== "slide") layer.changed();
    }
  }

  /** Adds a complete object. */
  addObject(
    { rings, area, probability, class: number = 0 }: MaskPolygon,
  ): void {
    const flat = rings.map((ring) => [...ring]);
    const known = this.#classes[number - 1];
    this.objects.push({ rings: flat, area, probability, ...known });
  }

  /** Ends the run, whether it succeeded or not. */
  end(): void {
    this.#end = performance.now();
  }

  /** Closes the slide. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.#slide[Symbol.asyncDispose]();
  }
}
