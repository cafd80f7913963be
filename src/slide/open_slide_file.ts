import { cannot, reasonOf } from "../errors/cannot.ts";
import { BlockSlide } from "./block_slide.ts";
import type { FormatOptions } from "./block_format.ts";
import { type BlockLevel, intersect } from "./blocks.ts";
import { DecodePool } from "./decode_pool.ts";
import { nameOf, type StoredPicture } from "./encoding.ts";
import type { SlideSource } from "./folder.ts";
import type { SlideContents, StoredLevel } from "./formats/format.ts";
import { readSlideFile } from "./formats/formats.ts";
import { orientSlide } from "./orient_slide.ts";
import { limitProperties } from "./properties.ts";
import { associatedOf, nameApart } from "./read_associated.ts";
import type { OpenedSlide, Region, Slide } from "./slide.ts";

/** Options for {@linkcode openSlideFile}. */
export interface OpenSlideFileOptions {
  readonly name: string;
  /** The file's name with its extension: it tells formats apart if their contents do not. */
  readonly fileName?: string;
  readonly mpp?: { readonly x: number; readonly y: number };
  readonly page?: number;
  readonly sampleRange?: readonly [min: number, max: number];
  /** Reads it as a mask, to be interpreted by `openMask()`. Called with the picture of its finest level. */
  readonly mask?: (picture: StoredPicture) => void;
  /** Whether the mask has classes, whose values stay. Default: false. */
  readonly classes?: boolean;
  /** Called with the contents of the file, as far as its levels can be read. */
  readonly onContents?: (contents: SlideContents) => void;
  readonly cacheBytes?: number;
  readonly threads?: number;
  readonly signal?: AbortSignal;
}

/**
 * Opens the slide in a file, whatever its format, and checks that all levels can be read. The slide owns the source.
 *
 * @throws {TypeError} If its format or encoding is not supported, or no picture is certainly the slide.
 * @throws {SyntaxError} If it is damaged.
 */
export async function openSlideFile(
  source: SlideSource,
  options: OpenSlideFileOptions,
): Promise<OpenedSlide> {
  const { name, fileName = "", page, signal } = options;
  const isMask = options.mask !== undefined;
  const decoding = DecodePool.join(options.threads);
  try {
    const file = await readSlideFile(source, { fileName, signal });
    const found = await file.findSlide({ page, mask: isMask });
    const [{ picture }] = found.levels;
    options.mask?.(picture);
    const range = isMask ? undefined : rangeOf(found, options.sampleRange);
    const { contents, levels } = await openLevels(tidy(found), {
      range,
      mask: isMask && options.classes ? "classes" : isMask,
    });
    if (source.idle > 0) {
      throw cannot(
        "open a slide of several files",
        `"${fileName}" is a slide by itself: open the other files (${source.idle}) one by one`,
        { kind: TypeError },
      );
    }
    const slide = new BlockSlide({
      name,
      mpp: options.mpp ?? contents.mpp,
      objectivePower: contents.objectivePower?.value,
      format: file.format,
      warnings: contents.warnings,
      version: source.version,
      levels,
      bounds: contents.bounds,
      properties: contents.properties,
      background: isMask ? [0, 0, 0] : contents.background,
      associated: associatedOf(contents.associated ?? [], {
        slide: name,
        pool: decoding.pool,
      }),
      cacheBytes: options.cacheBytes,
      pool: decoding.pool,
      verify: source.verify,
      close: async () => {
        decoding[Symbol.dispose]();
        await source.close();
      },
    });
    options.onContents?.(contents);
    const isFloat = picture.formats[0] === 3;
    if (isFloat && !range && !isMask) await probe(slide);
    return orientSlide(slide, picture.orientation);
  } catch (error) {
    decoding[Symbol.dispose]();
    throw error;
  }
}

/**
 * The values that are black and white: the caller's, or the file's for floats and for integers that do not fill their
 * bits.
 *
 * @throws {TypeError} If integers of 32 bits have no range: they are counts or labels, whose highest bits are meaningless.
 */
function rangeOf(
  { levels, sampleRange: said }: SlideContents,
  given?: readonly [min: number, max: number],
): readonly [min: number, max: number] | undefined {
  const [{ picture }] = levels;
  const isFloat = picture.formats[0] === 3;
  const bits = picture.bits[0];
  if (bits <= 14) return undefined;
  if (given) return given;
  const own = picture.sampleRange;
  const isWide = isFloat || bits === 32;
  if (isWide && own && own[1] > own[0]) return own;
  if (said) return [said.min, said.max];
  if (isFloat || bits === 16) return undefined;
  throw cannot(
    "read a slide's file",
    `its ${bits}-bit integers have no range from black to white: set it with --sample-range MIN,MAX (openSlide's sampleRange)`,
    { kind: TypeError },
  );
}

/** Contents within limits, whatever the format: of properties, of bounds, and a name for each picture beside the slide. */
function tidy(found: SlideContents): SlideContents {
  const { properties, warnings } = limitProperties(found.properties ?? {});
  return {
    ...found,
    properties,
    warnings: [...found.warnings ?? [], ...warnings],
    associated: nameApart(found.associated ?? []),
    bounds: boundsOf(found),
  };
}

/** The bounds in whole pixels of the canvas; `undefined` if they are all of it, or none. */
function boundsOf(
  { bounds, levels: [{ width, height }] }: SlideContents,
): Region | undefined {
  if (!bounds) return undefined;
  const [x, y] = [Math.floor(bounds.x), Math.floor(bounds.y)];
  const inside = intersect({
    ...{ x, y },
    width: Math.ceil(bounds.x + bounds.width) - x,
    height: Math.ceil(bounds.y + bounds.height) - y,
  }, { x: 0, y: 0, width, height });
  const isAll = inside?.width === width && inside.height === height;
  return isAll ? undefined : inside;
}

/** Opens the blocks of all levels. Reduced levels whose blocks cannot be read are left out, with a warning. */
async function openLevels(
  found: SlideContents,
  options: FormatOptions,
): Promise<{ contents: SlideContents; levels: BlockLevel[] }> {
  const warnings = [...found.warnings ?? []];
  const opened = await Promise.all(found.levels.map(async (level, i) => {
    try {
      return { level, blocks: await level.openBlocks(options) };
    } catch (error) {
      if (i === 0) throw error;
      const { picture } = level;
      warnings.push(
        `${nameOf(picture)} is left out as a level: ${reasonOf(error)}`,
      );
    }
  }));
  const kept = opened.filter((each) => each !== undefined);
  const levels: StoredLevel[] = kept.map(({ level }) => level);
  return {
    contents: { ...found, warnings, levels },
    levels: kept.map(({ level, blocks }) => ({ ...level, blocks })),
  };
}

/** Reads samples at a few positions, so that floats outside 0 to 1 are found when a slide is opened. */
async function probe(slide: Slide): Promise<void> {
  for (const [across, down] of [[1, 1], [1, 3], [2, 2], [3, 1], [3, 3]]) {
    const [x, y] = [slide.width * across / 4, slide.height * down / 4];
    await slide.readRegion({
      x: Math.floor(x),
      y: Math.floor(y),
      width: 16,
      height: 16,
    }).catch((error) => {
      throw error.cause ?? error; // that it is wrong matters more than where
    });
  }
}
