import { cannot, reasonOf } from "../errors/cannot.ts";
import { type BlockReader, openBlocks } from "./block_reader.ts";
import type { ByteSource } from "./byte_source.ts";
import { checkPage } from "./check_page.ts";
import { PNG_SIGNATURE } from "./codecs/png.ts";
import type { DecodePool } from "./decode_pool.ts";
import { formatOf, layOut } from "./formats/formats.ts";
import { nameOf, type SlideFile, type SlideLayout } from "./formats/layout.ts";
import { isOme } from "./formats/ome.ts";
import { recognize } from "./formats/recognize.ts";
import { readJpegPage, readPngPage } from "./picture_page.ts";
import { isTiff, readTiffPages } from "./read_tiff_pages.ts";
import type { TiffPage } from "./tiff_page.ts";

/** Maximum bytes of a companion that are read. */
const MAX_METADATA = 1 << 26;
/** Bytes that suffice to recognize a format. */
const HEAD_BYTES = 4096;

/**
 * Reads what a file says of its pictures: the directories of a TIFF, an OME companion, or the header of a PNG or JPEG
 * picture.
 *
 * @throws {TypeError} If it is of another format; the message says which, and what to do.
 * @throws {SyntaxError} If it is unknown or damaged.
 */
export async function readSlideFile(
  source: ByteSource,
  { fileName, signal }: {
    readonly fileName: string;
    readonly signal?: AbortSignal;
  },
): Promise<SlideFile> {
  if (source.size === 0) {
    throw cannot("read a slide's file", "it is empty", { kind: SyntaxError });
  }
  const head = await source.read(0, Math.min(HEAD_BYTES, source.size));
  const other = recognize(head, fileName);
  if (other) throw cannot("read a slide's file", other, { kind: TypeError });
  const file = { source, fileName, signal };
  if (isTiff(head)) {
    return { ...file, pages: await readTiffPages(source, { signal }) };
  }
  if (head[0] === 0xff && head[1] === 0xd8) {
    return { ...file, pages: [await readJpegPage(source)] };
  }
  if (PNG_SIGNATURE.every((byte, i) => head[i] === byte)) {
    return { ...file, pages: [await readPngPage(source)] };
  }
  if (isOme(new TextDecoder().decode(head))) {
    const size = Math.min(MAX_METADATA, source.size);
    const metadata = new TextDecoder().decode(await source.read(0, size));
    return { ...file, pages: [], metadata };
  }
  const bytes = Array.from(
    head.subarray(0, 4),
    (byte) => byte.toString(16).padStart(2, "0"),
  ).join(" ");
  throw cannot(
    "read a slide's file",
    `not a TIFF, PNG or JPEG (starts with ${bytes})`,
    { kind: SyntaxError },
  );
}

/** A file whose pages have been read and laid out, and checked as far as its directories tell. */
export interface OpenedFile {
  readonly file: SlideFile;
  /** The name of its format. */
  readonly format: string;
  readonly layout: SlideLayout;
  /** The values of black and white, if they are not those of the sample type. */
  readonly range?: readonly [min: number, max: number];
}

/**
 * Reads a file's pages and finds its slide among them.
 *
 * @throws {TypeError} If its format or encoding is not supported, or no page is certainly the slide.
 * @throws {SyntaxError} If it is damaged.
 */
export async function openSlideFile(
  source: ByteSource,
  options: {
    readonly fileName?: string;
    readonly page?: number;
    readonly sampleRange?: readonly [min: number, max: number];
    /** Lets masks be of kinds that pictures are not; gets the page of the finest level. */
    readonly mask?: (page: TiffPage) => void;
    readonly signal?: AbortSignal;
  },
): Promise<OpenedFile> {
  const { fileName = "", page, signal } = options;
  const file = await readSlideFile(source, { fileName, signal });
  const format = formatOf(file);
  const layout = await layOut(file, { format, page });
  const [{ picture }] = layout.levels;
  const mask = options.mask !== undefined;
  picture.forEach((page) => checkPage(page, { mask }));
  options.mask?.(picture[0]);
  const range = mask ? undefined : rangeOf(layout, options.sampleRange);
  return { file, format: nameFormat(file), layout, range };
}

/** The name of a file's format, for people. */
export function nameFormat(file: SlideFile): string {
  const [page] = file.pages;
  if (!page?.isWholeFile) return formatOf(file).name;
  return page.compression === 7 ? "JPEG" : "PNG";
}

/**
 * The values that are black and white: what the caller says, or what the file says of floats and of integers that do not
 * fill their bits.
 *
 * @throws {TypeError} If integers of 32 bits have no range: they are counts or labels, of which the highest bits say nothing.
 */
function rangeOf(
  layout: SlideLayout,
  given?: readonly [min: number, max: number],
): readonly [min: number, max: number] | undefined {
  const [page] = layout.levels[0].picture;
  const isFloat = page.formats[0] === 3;
  const bits = page.bits[0];
  if (bits <= 14) return undefined;
  if (given) return given;
  const own = page.sampleRange;
  const isWide = isFloat || bits === 32;
  if (isWide && own && own[1] > own[0]) return own;
  const said = layout.sampleRange;
  if (said) return [said.min, said.max];
  if (isFloat || bits === 16) return undefined;
  throw cannot(
    "read a slide's file",
    `its ${bits}-bit integers have no range from black to white: set it with --sample-range MIN,MAX (openSlide's sampleRange)`,
    { kind: TypeError },
  );
}

/** Opens the levels of a file. Levels whose blocks cannot be read are left out, with a warning. */
export async function openLevels(
  { layout, range }: OpenedFile,
  { pool, isMask: mask }: {
    readonly pool: DecodePool;
    readonly isMask: boolean;
  },
): Promise<{ layout: SlideLayout; readers: BlockReader[] }> {
  const warnings = [...layout.warnings ?? []];
  const opened = await Promise.all(layout.levels.map(async (level, i) => {
    try {
      return {
        level,
        reader: await openBlocks(level.picture, { pool, range, mask }),
      };
    } catch (error) {
      if (i === 0) throw error;
      const [page] = level.picture;
      warnings.push(
        `${nameOf(page)} is left out as a level: ${reasonOf(error)}`,
      );
    }
  }));
  const levels = opened.filter((each) => each !== undefined);
  return {
    layout: { ...layout, warnings, levels: levels.map(({ level }) => level) },
    readers: levels.map(({ reader }) => reader),
  };
}
