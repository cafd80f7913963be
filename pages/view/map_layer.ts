import type OpenSeadragon from "openseadragon";
import type { LayerDescription } from "../../src/view/description.ts";
import { hideColors, recolor } from "./color_table.ts";
import { applyTables } from "./image_tables.ts";

/** A tile source that knows its layer. */
interface LayerSource {
  readonly layer?: MapLayer;
}

/** Milliseconds without a change after which tiles out of sight are colored, and those to wait for tiles in sight. */
const PAUSE = 250;
const PATIENCE = 2000;

/** Tiles that a layer shows instead of its own. */
export interface OtherTiles {
  readonly description: LayerDescription;
  /** RGBA of each gray value. Default: the tiles' own colors. */
  readonly colors?: Uint8Array;
  /** The URL of a tile, after that of the slide. */
  address(zoom: number, column: number, row: number): string;
}

/** A layer of tiles in the viewer; maps are gray, and colored here. */
export class MapLayer {
  /** Its description from the server. */
  readonly description: LayerDescription;
  /** Colors of classes that are hidden, as numbers. */
  hidden: ReadonlySet<number> = new Set();
  /** Red, green and blue of each byte. Default: as they are. */
  tables: Uint8ClampedArray | undefined;
  #coloring = false;
  #changed = false;
  #rest: ReturnType<typeof setTimeout> | undefined;
  readonly #viewer: OpenSeadragon.Viewer;
  readonly #base: string;
  readonly #slideWidth: number;
  #colors: Uint8Array | undefined;
  readonly #lighter: boolean;
  #image: OpenSeadragon.TiledImage | undefined;
  /** What is shown until the tiles of `#image` are loaded. */
  #replaced: OpenSeadragon.TiledImage[] = [];
  #opacity = 1;
  #visible = true;
  #version = 0;
  #stale = false;
  #other: OtherTiles | undefined;

  constructor(
    viewer: OpenSeadragon.Viewer,
    description: LayerDescription,
    options: {
      /** Where the slide's requests go. */
      readonly base: string;
      readonly slideWidth: number;
      readonly colors?: Uint8Array;
      /** Whether it adds its light to that of the layers below. Default: false. */
      readonly lighter?: boolean;
    },
  ) {
    this.#viewer = viewer;
    this.description = description;
    this.#colors = options.colors;
    this.#lighter = options.lighter ?? false;
    this.#base = options.base;
    this.#slideWidth = options.slideWidth;
  }

  /** Colors tiles when they arrive or are invalidated. */
  static colorTiles(viewer: OpenSeadragon.Viewer): void {
    viewer.addHandler("tile-invalidated", async (event) => {
      const { source } = event.tiledImage as unknown as { source: LayerSource };
      const { colors, hidden, tables } = source.layer ?? {};
      if (!colors && !hidden?.size && !tables) return;
      const context: CanvasRenderingContext2D = await event.getData(
        "context2d",
      );
      if (!context) return;
      const { width, height } = context.canvas;
      const image = context.getImageData(0, 0, width, height);
      if (colors) recolor(image.data, colors);
      else if (tables) applyTables(image.data, tables);
      else hideColors(image.data, hidden!);
      context.putImageData(image, 0, 0);
      await event.setData(context, "context2d");
    });
  }

  /** RGBA of each gray value. Default: the tiles' own colors. */
  get colors(): Uint8Array | undefined {
    return this.#other ? this.#other.colors : this.#colors;
  }

  /** Whether it is shown. */
  get visible(): boolean {
    return this.#visible;
  }

  /** Shows or hides it, or sets its opacity. */
  show(visible: boolean, opacity: number): void {
    this.#visible = visible;
    this.#opacity = opacity;
    this.#image?.setOpacity(visible ? opacity : 0);
    if (visible && this.#stale) this.refresh();
  }

  /** Applies the layer's new state, now or when it becomes visible. */
  async refresh(): Promise<void> {
    this.#stale = !this.#visible;
    if (this.#visible) await this.load();
  }

  /** Shows other tiles instead of its own; without any, its own again. */
  async showOther(other?: OtherTiles): Promise<void> {
    if (!other && !this.#other) return;
    this.#other = other;
    await this.refresh();
  }

  /** Recolors it. */
  recolor(colors: Uint8Array): void {
    this.#colors = colors;
    this.#invalidate();
  }

  /** Changes its colors channel by channel. */
  adjust(tables: Uint8ClampedArray | undefined): void {
    this.tables = tables;
    this.#invalidate();
  }

  /** Colors the tiles anew: those in sight and in the navigator first, and once no more changes come, all others. */
  async #invalidate(): Promise<void> {
    clearTimeout(this.#rest);
    this.#changed = true;
    if (this.#coloring) return; // a run that is overtaken would show nothing
    this.#coloring = true;
    while (this.#changed) {
      this.#changed = false;
      await Promise.race([
        Promise.all([
          this.#image?.requestInvalidate(true, true),
          this.#viewer.navigator?.world.requestInvalidate(true),
        ]),
        new Promise((resolve) => setTimeout(resolve, PATIENCE)),
      ]);
    }
    this.#coloring = false;
    this.#rest = setTimeout(
      () => this.#image?.requestInvalidate(true),
      PAUSE,
    );
  }

  /** Hides the classes of some colors. */
  hide(colors: ReadonlySet<number>): void {
    this.hidden = colors;
    if (this.description.colored) this.#invalidate();
  }

  /** Loads its tiles; if called again, new tiles replace the old ones once all are loaded. */
  load(): Promise<void> {
    const other = this.#other;
    const description = other?.description ?? this.description;
    const { id, tileSize, minZoom, maxZoom } = description;
    const version = this.#version++;
    const old = this.#image;
    const address = other?.address ??
      ((zoom: number, column: number, row: number) =>
        `tiles/${id}/${zoom}/${column}_${row}?v=${version}`);
    const tileSource = {
      width: description.width,
      height: description.height,
      tileSize,
      tileOverlap: description.overlap,
      minLevel: minZoom,
      maxLevel: maxZoom,
      layer: this,
      getTileUrl: (...place: [number, number, number]) =>
        this.#base + address(...place),
    };
    return new Promise((resolve, reject) => {
      this.#viewer.addTiledImage({
        tileSource: tileSource as unknown as string,
        x: 0,
        y: 0,
        width: description.slideWidth / this.#slideWidth,
        opacity: old || !this.#visible ? 0 : this.#opacity,
        compositeOperation: this.#lighter ? "lighter" : undefined,
        preload: old !== undefined,
        index: old ? this.#viewer.world.getIndexOfItem(old) + 1 : undefined,
        success: (event) => {
          const { item } = event as unknown as {
            item: OpenSeadragon.TiledImage;
          };
          if (version !== this.#version - 1) { // others were asked for since
            this.#viewer.world.removeItem(item);
            return resolve();
          }
          if (old) this.#replaced.push(old);
          this.#image = item;
          if (old) this.#replace(item).then(resolve);
          else resolve();
        },
        error: ({ message }: { message: string }) => reject(new Error(message)),
      });
    });
  }

  async #replace(item: OpenSeadragon.TiledImage): Promise<void> {
    const loaded = new Promise<void>((resolve) => {
      if (item.getFullyLoaded()) resolve();
      item.addOnceHandler("fully-loaded-change", () => resolve());
    });
    await Promise.race([
      loaded,
      new Promise((resolve) => setTimeout(resolve, 30_000)),
    ]);
    if (item !== this.#image) return;
    for (const old of this.#replaced.splice(0)) {
      this.#viewer.world.removeItem(old);
    }
    item.setPreload(false);
    item.setOpacity(this.#visible ? this.#opacity : 0);
  }
}
