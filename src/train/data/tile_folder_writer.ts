import { cannot, reasonOf } from "../../errors/cannot.ts";
import { temporaryEnding } from "../../io/atomic_file.ts";
import { colorsOf, type MaskClass } from "../../io/classes.ts";
import { isMissing } from "../../io/is_absent.ts";
import { csvLine } from "../../io/csv.ts";
import type { Producer } from "../../masks/run_record.ts";
import { pngFile } from "../../io/encode_png.ts";
import type { Slide } from "../../slide/slide.ts";
import { ChannelStatistics } from "./channel_statistics.ts";
import {
  mppRange,
  refuseUnknown,
  sampleScale,
  slideSamples,
  type SlideSamplesOptions,
  type TrainingSlide,
} from "./slide_samples.ts";

/**
 * Options for {@linkcode TileFolderWriter}.
 *
 * @category Training data
 */
export type TileFolderOptions =
  & Omit<SlideSamplesOptions, "onTile" | "signal">
  & {
    /** The run that writes the folder, for `tiles.json`. Default: none. */
    readonly producer?: Producer;
  };

/**
 * Options for {@linkcode TileFolderWriter.add}.
 *
 * @category Training data
 */
export interface AddSlideOptions {
  /** Called for each tile of the grid. */
  readonly onTile?: () => void;
  /** Stops early with the signal's reason; nothing of the slide is kept. */
  readonly signal?: AbortSignal;
}

/**
 * Result of {@linkcode TileFolderWriter.add}.
 *
 * @category Training data
 */
export interface AddedSlide {
  /** Number of tiles written. */
  readonly tiles: number;
  /** Number of tiles without tissue, which are left out. */
  readonly skipped: number;
  /** Number of tiles with labels. */
  readonly labeled: number;
  /** Warnings, one line each. */
  readonly warnings: readonly string[];
}

/**
 * Summary of a folder of tiles, as in `tiles.json`.
 *
 * @category Training data
 */
export interface TileFolderSummary {
  /** Side of a tile in pixels. */
  readonly size: number;
  /** Level-0 pixels per pixel of a tile, if `mpp` is not given. */
  readonly downsample?: number;
  /** Micrometers per pixel of a tile. */
  readonly mpp?: number;
  /** Range of the slides' micrometers per level-0 pixel, as far as they are known. */
  readonly slideMpp?: readonly [least: number, most: number];
  /** The classes, if there are several; masks have their numbers, from 1. */
  readonly classes?: readonly MaskClass[];
  /** Slides in the folder, with and without tiles. */
  readonly slides: readonly string[];
  /** The run that wrote the folder, if known. */
  readonly producer?: Producer;
  /** Number of tiles. */
  readonly tiles: number;
  /** Mean of each channel over all tiles, from 0 to 1. */
  readonly mean?: readonly number[];
  /** Standard deviation of each channel over all tiles. */
  readonly std?: readonly number[];
}

/** The columns of `index.csv`. */
export const INDEX_HEADER = "slide,x,y,file,mask,tissue,positive";

/** The columns of `index.csv` with several classes: the last has the pixels of each, apart by blanks. */
export const CLASS_INDEX_HEADER = `${INDEX_HEADER},classes`;

/**
 * Writes slides as tiles and masks for training: `tiles/NAME_0001.png`, `masks/NAME_0001.png` (0 and 255, or the numbers of
 * several classes, in their colors), `index.csv` with the position and content of each tile, and `tiles.json` with the common settings and the channels' means and
 * standard deviations. The files are written to a temporary folder, which is renamed when it is complete. Deno only.
 *
 * Source: the preprocessing of the 3rd place of "HuBMAP: Hacking the Kidney" (Kaggle, 2021).
 *
 * @example
 * ```ts
 * import { openLabels, openSlide } from "@tilewise/tilewise";
 * import { TileFolderWriter } from "@tilewise/tilewise/train";
 *
 * const folder = await Deno.makeTempDir();
 * await Deno.writeTextFile(`${folder}/train.csv`, "id,encoding\nkidney,1 99\n");
 * // A TIFF made by hand: 64×64 pixels of one pink.
 * const pixels = new Uint8Array(64 * 64 * 3).map((_, i) => [200, 90, 150][i % 3]);
 * const tags = [[256, 64], [257, 64], [258, 8], [262, 2], [273, 110], [277, 3], [278, 64], [279, pixels.length]];
 * const fields = tags.flatMap(([tag, value]) => [tag, 3, 1, 0, value, 0]);
 * const header = Uint16Array.of(0x4949, 42, 8, 0, tags.length, ...fields, 0, 0);
 *
 * await using slide = await openSlide(new Blob([header, pixels]), { name: "kidney" });
 * await using labels = (await (await openLabels(`${folder}/train.csv`)).open(slide))!;
 * await using writer = await TileFolderWriter.create(`${folder}/tiles`, { size: 32, downsample: 1 });
 * await writer.add({ slide, labels });
 * console.log((await writer.close()).tiles); // 4
 * await Deno.remove(folder, { recursive: true });
 * ```
 *
 * @category Training data
 */
export class TileFolderWriter implements AsyncDisposable {
  readonly #path: string;
  readonly #temporary: string;
  readonly #options: TileFolderOptions;
  readonly #statistics = new ChannelStatistics();
  readonly #slides: string[] = [];
  readonly #scales: Slide["mpp"][] = [];
  readonly #lines: string[] = [];
  #open = true;

  private constructor(
    path: string,
    temporary: string,
    options: TileFolderOptions,
  ) {
    this.#path = path;
    this.#temporary = temporary;
    this.#options = options;
  }

  /**
   * Creates a folder.
   *
   * @throws {Error} If the folder exists and is not empty, or its parent cannot be written.
   */
  static async create(
    path: string,
    options: TileFolderOptions = {},
  ): Promise<TileFolderWriter> {
    const target = path.replace(/[/\\]+$/, "");
    if (!await isFree(target)) {
      throw cannot(
        `write tiles to "${path}"`,
        "the folder must be new or empty",
      );
    }
    const [, folder, name] = target.match(/^(.*[/\\])?(.*)$/s)!;
    const temporary = `${folder ?? ""}.${name}.${temporaryEnding()}`;
    try {
      await Deno.mkdir(`${temporary}/tiles`, { recursive: true });
      await Deno.mkdir(`${temporary}/masks`);
    } catch (cause) {
      throw unwritable(path, cause);
    }
    return new TileFolderWriter(target, temporary, options);
  }

  /**
   * Adds a slide's tiles. A slide that fails leaves nothing behind, and others may follow.
   *
   * @throws {RangeError} If a slide with this name was added before, or an option is out of range.
   * @throws {Error} If the slide or its labels cannot be read or are corrections, or a tile cannot be written.
   */
  async add(
    one: TrainingSlide,
    { onTile, signal }: AddSlideOptions = {},
  ): Promise<AddedSlide> {
    const { name } = one.slide;
    refuseUnknown(one);
    if (this.#slides.includes(name)) {
      throw cannot("write tiles", `two slides are named "${name}"`, {
        kind: RangeError,
      });
    }
    const statistics = new ChannelStatistics();
    const lines: string[] = [];
    const files: string[] = [];
    let skipped = 0, labeled = 0;
    const { classes } = this.#options;
    const palette = classes && ["#000000", ...colorsOf(classes)];
    try {
      const { warnings } = await slideSamples([one], {
        ...this.#options,
        signal,
        onTile: async ({ kept, position, sample, side, ...tile }) => {
          onTile?.();
          if (!kept) {
            skipped++;
            return;
          }
          if (sample.positive > 0) labeled++;
          const file = `${name}_${String(position).padStart(4, "0")}.png`;
          const size = { width: side, height: side };
          const shown = classes
            ? tile.mask
            : tile.mask.map((label) => label * 255);
          const picture = await pngFile({ ...size, channels: 3 }, tile.pixels);
          const mask = await pngFile({ ...size, channels: 1, palette }, shown);
          for (const [path, data] of [["tiles", picture], ["masks", mask]]) {
            files.push(`${path}/${file}`);
            await this.#write(`${path}/${file}`, data as Uint8Array);
          }
          statistics.add(tile.pixels);
          const { x, y, positive, counts } = sample;
          const paths = [`tiles/${file}`, `masks/${file}`];
          lines.push(
            csvLine([
              ...[name, x, y, ...paths, tile.tissue, positive],
              ...(counts ? [counts.join(" ")] : []),
            ]),
          );
        },
      });
      this.#slides.push(name);
      this.#scales.push(one.slide.mpp);
      this.#statistics.merge(statistics);
      for (const line of lines) this.#lines.push(line);
      return { tiles: lines.length, skipped, labeled, warnings };
    } catch (error) {
      for (const file of files) {
        await Deno.remove(`${this.#temporary}/${file}`).catch(() => {});
      }
      throw error;
    }
  }

  /**
   * Writes the index and renames the folder.
   *
   * @throws {Error} If that fails.
   */
  async close(): Promise<TileFolderSummary> {
    const summary: TileFolderSummary = {
      size: this.#options.size ?? 1024,
      ...sampleScale(this.#options),
      producer: this.#options.producer,
      slideMpp: mppRange(this.#scales),
      classes: this.#options.classes,
      slides: this.#slides,
      tiles: this.#lines.length,
      ...this.#statistics.normalization,
    };
    const text = new TextEncoder();
    const header = summary.classes ? CLASS_INDEX_HEADER : INDEX_HEADER;
    const index = [`${header}\n`, ...this.#lines].join("");
    const json = JSON.stringify(summary, null, 2) + "\n";
    await this.#write("index.csv", text.encode(index));
    await this.#write("tiles.json", text.encode(json));
    try {
      await Deno.rename(this.#temporary, this.#path);
    } catch (cause) {
      throw unwritable(this.#path, cause);
    }
    this.#open = false;
    return summary;
  }

  /** Removes all files, unless the writer was closed. */
  async [Symbol.asyncDispose](): Promise<void> {
    if (!this.#open) return;
    this.#open = false;
    await Deno.remove(this.#temporary, { recursive: true });
  }

  async #write(name: string, data: Uint8Array): Promise<void> {
    try {
      await Deno.writeFile(`${this.#temporary}/${name}`, data);
    } catch (cause) {
      throw unwritable(`${this.#path}/${name}`, cause);
    }
  }
}

async function isFree(path: string): Promise<boolean> {
  try {
    for await (const _ of Deno.readDir(path)) return false;
    return true;
  } catch (error) {
    return isMissing(error);
  }
}

function unwritable(path: string, cause: unknown): Error {
  const reason = isMissing(cause)
    ? "its folder was removed or renamed meanwhile"
    : reasonOf(cause);
  return cannot(`write "${path}"`, reason, { kind: Error, cause });
}
