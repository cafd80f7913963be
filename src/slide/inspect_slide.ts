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
import type { AssociatedImage } from "./slide.ts";
import type {
  InspectedLevel,
  InspectedPage,
  SlideInspection,
} from "./slide_inspection.ts";
import { openSource, type SlideFiles } from "./open_source.ts";
import { cannot, reasonOf } from "../errors/cannot.ts";

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
  let beside: readonly AssociatedImage[] = [];
  try {
    await using slide = await openSlideTelling(source, {
      ...options,
      onContents: (found) => contents = found,
    });
    beside = slide.associated;
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
      ...(problem === undefined && contents && partsOf(contents, beside)),
      pages: file?.pictures.map(describePicture) ?? [],
    };
  } finally {
    await bytes.close();
  }
}

const NOTHING = {
  bytes: 0,
  levels: [],
  properties: {},
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

function partsOf(
  contents: SlideContents,
  beside: readonly AssociatedImage[],
): Partial<SlideInspection> {
  const { mpp, objectivePower, sampleRange, bounds, associated } = contents;
  return {
    ...(mpp && { mpp }),
    ...(objectivePower && { objectivePower }),
    ...(sampleRange && { sampleRange }),
    ...(bounds && { bounds }),
    properties: contents.properties ?? {},
    associated: beside.map((image, i) => ({
      ...image,
      page: associated![i].page.place,
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
