import type OpenSeadragon from "openseadragon";
import type { LayerDescription } from "../../src/view/description.ts";
import { hideColors, recolor } from "./color_table.ts";

/** A tile source that knows its layer. */
interface LayerSource {
  readonly layer?: MapLayer;
}

/** A layer of tiles in the viewer; maps are gray, and colored here. */
export class MapLayer {
  /** Its description from the server. */
  readonly description: LayerDescription;
  /** RGBA of each gray value. Default: the tiles' own colors. */
  colors: Uint8Array | undefined;
  /** Colors of classes that are hidden, as numbers. */
  hidden: ReadonlySet<number> = new Set();
  readonly #viewer: OpenSeadragon.Viewer;
  readonly #base: string;
  readonly #width: number;
  #image: OpenSeadragon.TiledImage | undefined;
  #opacity = 1;
  #visible = true;
  #version = 0;
  #stale = false;

  constructor(
    viewer: OpenSeadragon.Viewer,
    description: LayerDescription,
    options: {
      /** Where the slide's requests go. */
      readonly base: string;
      readonly slideWidth: number;
      readonly colors?: Uint8Array;
    },
  ) {
    this.#viewer = viewer;
    this.description = description;
    this.colors = options.colors;
    this.#base = options.base;
    this.#width = description.slideWidth / options.slideWidth;
  }

  /** Colors tiles when they arrive or are invalidated. */
  static colorTiles(viewer: OpenSeadragon.Viewer): void {
    viewer.addHandler("tile-invalidated", async (event) => {
      const { source } = event.tiledImage as unknown as { source: LayerSource };
      const { colors, hidden } = source.layer ?? {};
      if (!colors && !hidden?.size) return;
      const context: CanvasRenderingContext2D = await event.getData(
        "context2d",
      );
      if (!context) return;
      const { width, height } = context.canvas;
      const image = context.getImageData(0, 0, width, height);
      if (colors) recolor(image.data, colors);
      else hideColors(image.data, hidden!);
      context.putImageData(image, 0, 0);
      await event.setData(context, "context2d");
    });
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

  /** Recolors it. */
  recolor(colors: Uint8Array): void {
    this.colors = colors;
    this.#image?.requestInvalidate(true);
  }

  /** Hides the classes of some colors. */
  hide(colors: ReadonlySet<number>): void {
    this.hidden = colors;
    if (this.description.colored) this.#image?.requestInvalidate(true);
  }

  /** Loads its tiles; if called again, new tiles replace the old ones once all are loaded. */
  load(): Promise<void> {
    const { description } = this;
    const { id, tileSize, minZoom, maxZoom } = description;
    const version = this.#version++;
    const old = this.#image;
    const tileSource = {
      width: description.width,
      height: description.height,
      tileSize,
      tileOverlap: description.overlap,
      minLevel: minZoom,
      maxLevel: maxZoom,
      layer: this,
      getTileUrl: (zoom: number, column: number, row: number) =>
        `${this.#base}tiles/${id}/${zoom}/${column}_${row}?v=${version}`,
    };
    return new Promise((resolve, reject) => {
      this.#viewer.addTiledImage({
        tileSource: tileSource as unknown as string,
        x: 0,
        y: 0,
        width: this.#width,
        opacity: old || !this.#visible ? 0 : this.#opacity,
        preload: old !== undefined,
        index: old ? this.#viewer.world.getIndexOfItem(old) + 1 : undefined,
        success: (event) => {
          const { item } = event as unknown as {
            item: OpenSeadragon.TiledImage;
          };
          this.#image = item;
          if (old) this.#replace(old, item).then(resolve);
          else resolve();
        },
        error: ({ message }: { message: string }) => reject(new Error(message)),
      });
    });
  }

  async #replace(
    old: OpenSeadragon.TiledImage,
    item: OpenSeadragon.TiledImage,
  ): Promise<void> {
    const loaded = new Promise<void>((resolve) => {
      if (item.getFullyLoaded()) resolve();
      item.addOnceHandler("fully-loaded-change", () => resolve());
    });
    await Promise.race([
      loaded,
      new Promise((resolve) => setTimeout(resolve, 30_000)),
    ]);
    this.#viewer.world.removeItem(old);
    item.setPreload(false);
    item.setOpacity(this.#visible ? this.#opacity : 0);
  }
}
