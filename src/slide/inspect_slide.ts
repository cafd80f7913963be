import type { SlideSource } from "./folder.ts";
import { countColors } from "./check_page.ts";
import { codecName } from "./codecs/codecs.ts";
import type {
  FilePicture,
  SlideContents,
  SlideFile,
} from "./formats/format.ts";
import { readSlideFile } from "./formats/formats.ts";
import {
  namesOf,
  type OpenSlideOptions,
  openSlideTelling,
} from "./open_slide.ts";

import { openSource, type SlideFiles } from "./open_source.ts";
import { cannot, reasonOf } from "../errors/cannot.ts";

/**
 * Tilewise's interpretation of a slide's file, and the tags it is based on.
 *
 * @category Slides
 */
export interface SlideInspection {
  /** The slide's name. */
  readonly name: string;
  /** Size of the file in bytes. */
  readonly bytes: number;
  /** The kind of file, with its vendor; missing if unknown. */
  readonly format?: string;
  /** Why the slide cannot be opened; missing if it can be. */
  readonly problem?: string;
  /** The resolutions, finest first; none if the slide cannot be opened. */
  readonly levels: readonly InspectedLevel[];
  /** Micrometers per level-0 pixel, and the tag it comes from. */
  readonly mpp?: {
    readonly x: number;
    readonly y: number;
    readonly source: string;
  };
  /** Nominal magnification of the objective, and the tag it comes from. */
  readonly objectivePower?: { readonly value: number; readonly source: string };
  /** The values that are shown as black and white, if they are not those of the type, and their source. */
  readonly sampleRange?: {
    readonly min: number;
    readonly max: number;
    readonly source: string;
  };
  /** Pictures beside the slide: `label`, `macro`, `thumbnail`. */
  readonly associated: readonly InspectedPicture[];
  /** Parts of the file that are not read, and why. */
  readonly ignored: readonly { readonly what: string; readonly why: string }[];
  /** Warnings about ambiguities. */
  readonly warnings: readonly string[];
  /** All pages of the file, in their order. */
  readonly pages: readonly InspectedPage[];
}

/**
 * A level and how it is stored.
 *
 * @category Slides
 */
export interface InspectedLevel {
  /** Width in pixels. */
  readonly width: number;
  /** Height in pixels. */
  readonly height: number;
  /** Level-0 pixels per pixel of this level. */
  readonly downsample: number;
  /** The page that holds it, or the first of several. */
  readonly page: string;
  /** Where its parts lie, in pixels of this level, if it is made of parts: elsewhere, it is empty. */
  readonly areas?: readonly InspectedArea[];
  /** Blocks missing from the file, which are read as white; not counted where each is a file of its own, as in Zarr. */
  readonly missingBlocks?: number;
}

/**
 * A part of a level.
 *
 * @category Slides
 */
export interface InspectedArea {
  /** The page that holds it. */
  readonly page: string;
  /** Left edge in pixels. */
  readonly x: number;
  /** Top edge in pixels. */
  readonly y: number;
  /** Width in pixels. */
  readonly width: number;
  /** Height in pixels. */
  readonly height: number;
}

/**
 * A picture beside the slide; `openSlide`'s `page` opens it.
 *
 * @category Slides
 */
export interface InspectedPicture {
  /** `label`, `macro`, `thumbnail`, or the file's own name for it. */
  readonly name: string;
  /** Width in pixels. */
  readonly width: number;
  /** Height in pixels. */
  readonly height: number;
  /** The page that holds it. */
  readonly page: string;
}

/**
 * A page of a file.
 *
 * @category Slides
 */
export interface InspectedPage {
  /** Where it lies: `page 2`, counted from 0, or `page 0, SubIFD 1`. */
  readonly place: string;
  /** Width in pixels. */
  readonly width: number;
  /** Height in pixels. */
  readonly height: number;
  /** `tiles of 256×256`, or `strips of 16 rows`. */
  readonly blocks: string;
  /** The compression scheme, by name. */
  readonly compression: string;
  /** Bits per sample. */
  readonly bits: number;
  /** How samples are stored. */
  readonly sampleFormat: "unsigned" | "signed" | "float";
  /** Samples per pixel. */
  readonly samples: number;
  /** `RGB`, `YCbCr`, `grayscale`. */
  readonly colorSpace: string;
  /** The first line of its description. */
  readonly description: string;
}

const COLOR_SPACES: { readonly [photometric: number]: string } = {
  0: "grayscale, white is zero",
  1: "grayscale",
  2: "RGB",
  3: "palette",
  4: "transparency mask",
  5: "CMYK",
  6: "YCbCr",
  8: "CIELab",
};
const SAMPLE_FORMATS = { 2: "signed", 3: "float" } as const;

/**
 * Reports the contents of a slide's file and how they are interpreted: format, levels, scale and the tag it comes from,
 * associated images, what is left out and why. A file that cannot be opened is described as far as possible, with the
 * reason in `problem`.
 *
 * @example Inspect a picture
 * ```ts
 * import { inspectSlide } from "@tilewise/tilewise";
 *
 * const tags = [[256, 2], [257, 1], [258, 8], [262, 2], [273, 110], [277, 3], [278, 1], [279, 6]];
 * const fields = tags.flatMap(([tag, value]) => [tag, 3, 1, 0, value, 0]);
 * const header = Uint16Array.of(0x4949, 42, 8, 0, tags.length, ...fields, 0, 0);
 * const { format, levels, mpp } = await inspectSlide(new Blob([header, new Uint8Array(6)]));
 * console.log(format, levels.length, mpp); // TIFF 1 undefined
 * ```
 *
 * @param source A path, a URL, or a `Blob`, as for `openSlide`.
 * @throws {Error} If the file cannot be read at all.
 *
 * @category Slides
 */
export async function inspectSlide(
  source: SlideFiles,
  options: Pick<
    OpenSlideOptions,
    "page" | "sampleRange" | "remote" | "signal"
  > = {},
): Promise<SlideInspection> {
  const { fileName, name } = namesOf(source);
  let problem: string | undefined;
  let contents: SlideContents | undefined;
  let levels: InspectedLevel[] = [];
  try {
    await using slide = await openSlideTelling(source, {
      ...options,
      onContents: (found) => contents = found,
    });
    levels = await Promise.all(slide.levels.map(async (level, i) => {
      const stored = contents!.levels[i];
      const missingBlocks = await stored.countMissing();
      const areas = stored.areas?.map(({ picture, x, y, width, height }) => ({
        page: picture.place,
        x,
        y,
        width,
        height,
      }));
      return {
        ...level,
        page: stored.picture.place,
        ...(areas && { areas }),
        ...(missingBlocks !== undefined && { missingBlocks }),
      };
    }));
  } catch (error) {
    options.signal?.throwIfAborted();
    problem = reasonOf(error);
  }
  let bytes: SlideSource;
  try {
    bytes = await openSource(source, {
      ...options.remote,
      signal: options.signal,
    });
  } catch (error) {
    if (problem !== undefined) return { ...NOTHING, name, problem };
    throw cannot(`inspect slide "${fileName}"`, reasonOf(error), {
      cause: error,
    });
  }
  try {
    const { signal } = options;
    const file = await readFile(bytes, { fileName, signal });
    return {
      ...NOTHING,
      name,
      bytes: bytes.size,
      format: file?.format,
      ...(problem !== undefined && { problem }),
      levels,
      ...(problem === undefined && contents && partsOf(contents)),
      pages: file?.pictures.map(describePicture) ?? [],
    };
  } finally {
    await bytes.close();
  }
}

const NOTHING = {
  bytes: 0,
  levels: [],
  associated: [],
  ignored: [],
  warnings: [],
  pages: [],
};

/** Everything a file declares, whether it is a slide or not. */
async function readFile(
  source: SlideSource,
  options: Parameters<typeof readSlideFile>[1],
): Promise<SlideFile | undefined> {
  try {
    return await readSlideFile(source, options);
  } catch {
    options.signal?.throwIfAborted();
  }
}

function partsOf(contents: SlideContents): Partial<SlideInspection> {
  const { mpp, objectivePower, sampleRange, associated = [] } = contents;
  return {
    ...(mpp && { mpp }),
    ...(objectivePower && { objectivePower }),
    ...(sampleRange && { sampleRange }),
    associated: associated.map(({ name, page }) => ({
      name,
      width: page.width,
      height: page.height,
      page: page.place,
    })),
    ignored: contents.ignored ?? [],
    warnings: contents.warnings ?? [],
  };
}

function describePicture(
  { picture: page, arrangement }: FilePicture,
): InspectedPage {
  const { width, height, photometric, compression, bits, formats } = page;
  const isRgb = photometric === 1 && countColors(page) === 3;
  return {
    place: page.place,
    width,
    height,
    blocks: arrangement,
    compression: codecName(compression),
    bits: bits[0] ?? 0,
    sampleFormat: SAMPLE_FORMATS[formats[0] as 2 | 3] ?? "unsigned",
    samples: page.samples,
    colorSpace: isRgb
      ? "RGB, declared as grayscale"
      : COLOR_SPACES[photometric] ?? `photometric ${photometric}`,
    description: page.description.split(/[\r\n]/, 1)[0].slice(0, 200),
  };
}
