import { cannot } from "../errors/cannot.ts";
import type { LabelSource } from "../labels/label_source.ts";
import { openRegion } from "../labels/open_region.ts";
import { openTissue } from "../labels/tissue_mask.ts";
import { clipTile } from "../masks/clip_tile.ts";
import type { Region } from "../slide/slide.ts";
import {
  type TileGrid,
  type TilePosition,
  tileSpan,
} from "../tiles/plan_tiles.ts";
import type { RegionFiles } from "./find_regions.ts";
import type { InferOptions } from "./infer_options.ts";
import type { JournalTile } from "./pack_tile.ts";

/** Settings of regions. */
type Classes = Pick<InferOptions, "withinClass" | "excludeClass">;

/** Options for {@linkcode SlideRegion.open}. */
export interface SlideRegionOptions extends Partial<Classes> {
  /** The slide's tiles. */
  readonly grid: TileGrid;
  /** The rows of tiles that are looked at, the last excluded. Default: all. */
  readonly rows?: readonly [first: number, end: number];
  /** Receives warnings about what is left out, one line each. */
  readonly onWarning?: (text: string) => void;
  /** Stops early, with the signal's reason. */
  readonly signal?: AbortSignal;
}

/** Which tiles of a slide are looked at, and to which pixels their results are clipped. */
export class SlideRegion implements AsyncDisposable {
  /** Pixels of the region. */
  readonly areaPx: number;
  /** The number of tiles that are looked at. */
  readonly tiles: number;
  /** The number of others that meet the region, but not the tissue mask. */
  readonly skipped: number;
  /** Whether there is a mask of the tissue, in place of the rule. */
  readonly hasTissue: boolean;
  /** Whether results are clipped. */
  readonly clips: boolean;
  readonly #size: Size;
  readonly #masks: readonly LabelSource[];
  /** Pixels of the region in each tile that it meets. */
  readonly #pixels: ReadonlyMap<number, number>;
  readonly #looked: ReadonlySet<number>;
  readonly #stack: AsyncDisposableStack;

  private constructor(
    parts: {
      readonly size: Size;
      readonly masks: readonly LabelSource[];
      readonly pixels: ReadonlyMap<number, number>;
      readonly looked: ReadonlySet<number>;
      readonly hasTissue: boolean;
      readonly stack: AsyncDisposableStack;
    },
  ) {
    const { pixels, looked } = parts;
    this.#size = parts.size;
    this.#masks = parts.masks;
    this.#pixels = pixels;
    this.#looked = looked;
    this.#stack = parts.stack;
    this.hasTissue = parts.hasTissue;
    this.clips = parts.masks.length > 0;
    this.tiles = looked.size;
    this.skipped = pixels.size - looked.size;
    this.areaPx = pixels.values().reduce((sum, count) => sum + count, 0);
  }

  /**
   * Opens the regions of a slide, and finds the tiles that meet them.
   *
   * @returns `undefined` if there are none: then all of the slide is looked at.
   * @throws {RangeError} If a region does not fit the slide, or of all rows nothing is left.
   * @throws {Error} If a file cannot be read.
   */
  static async open(
    { width, height }: Size,
    files: RegionFiles,
    { grid, rows, onWarning, signal, ...classes }: SlideRegionOptions,
  ): Promise<SlideRegion | undefined> {
    const { within, exclude, tissue } = files;
    if (!within && !exclude && !tissue) return undefined;
    const size = { width, height };
    await using stack = new AsyncDisposableStack();
    const options = { onWarning, signal };
    const masks: LabelSource[] = [];
    if (within) {
      const [classification, flag] = [classes.withinClass, "--within-class"];
      const about = { ...options, classification, flag };
      masks.push(stack.use(await openRegion(within.path, size, about)));
    }
    if (exclude) {
      const [classification, flag] = [classes.excludeClass, "--exclude-class"];
      const about = { ...options, classification, flag };
      const polygons = await openRegion(exclude.path, size, about);
      masks.push(outside(stack.use(polygons)));
    }
    const tissues = tissue &&
      stack.use(await openTissue(tissue.path, size, options));
    const [first, end] = rows ?? [0, grid.rows];
    const pixels = new Map<number, number>();
    const looked = new Set<number>();
    for (let i = first * grid.columns; i < end * grid.columns; i++) {
      signal?.throwIfAborted();
      const box = onSlide(grid.tile(i), size);
      const count = await countInside(masks, box);
      if (count === 0) continue;
      pixels.set(i, count);
      if (!tissues || await tissues.meets(box)) looked.add(i);
    }
    if (!rows && pixels.size === 0) {
      const paths = [within, exclude].flatMap((file) => file ? file.path : []);
      throw cannot(
        "use the region",
        `no pixel of the slide is left by ${paths.join(" and ")}`,
        { kind: RangeError },
      );
    }
    const hasTissue = tissues !== undefined;
    const kept = stack.move();
    const parts = { size, masks, pixels, looked, hasTissue, stack: kept };
    return new SlideRegion(parts);
  }

  /** Whether a tile is looked at. */
  has({ index }: TilePosition): boolean {
    return this.#looked.has(index);
  }

  /** The pixels of the region in a tile. */
  pixelsIn({ index }: TilePosition): number {
    return this.#pixels.get(index) ?? 0;
  }

  /** Clears what a tile has outside of the region. */
  async clip(prediction: JournalTile): Promise<void> {
    const { tile } = prediction;
    const { width, height } = onSlide(tile, this.#size);
    if (this.pixelsIn(tile) === width * height) return;
    const side = tileSpan(tile);
    const box = { x: tile.x, y: tile.y, width: side, height: side };
    for (const mask of this.#masks) {
      clipTile(prediction, await mask.readRegion(box));
    }
  }

  /** Closes the files. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.#stack.disposeAsync();
  }
}

interface Size {
  readonly width: number;
  readonly height: number;
}

/** The part of a tile's center that is on the slide. */
function onSlide(tile: TilePosition, { width, height }: Size): Region {
  const [x, y] = [Math.max(0, tile.x), Math.max(0, tile.y)];
  const span = tileSpan(tile);
  return {
    ...{ x, y },
    width: Math.max(0, Math.min(width, tile.x + span) - x),
    height: Math.max(0, Math.min(height, tile.y + span) - y),
  };
}

/** The number of pixels that are in all masks. */
async function countInside(
  masks: readonly LabelSource[],
  box: Region,
): Promise<number> {
  const all = box.width * box.height;
  if (masks.length === 0) return all;
  const read = await Promise.all(masks.map((mask) => mask.readRegion(box)));
  const [inside, other] = read;
  let count = 0;
  for (let i = 0; i < all; i++) count += inside[i] & (other ? other[i] : 1);
  return count;
}

/** A mask of what another leaves out. */
function outside(mask: LabelSource): LabelSource {
  return {
    width: mask.width,
    height: mask.height,
    async readRegion(region, options): Promise<Uint8Array> {
      const inside = await mask.readRegion(region, options);
      for (let i = 0; i < inside.length; i++) inside[i] ^= 1;
      return inside;
    },
    [Symbol.asyncDispose]: () => mask[Symbol.asyncDispose](),
  };
}
