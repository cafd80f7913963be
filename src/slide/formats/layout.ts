import type { FormatOptions } from "../block_format.ts";
import type { BlockSource } from "../blocks.ts";
import type { ByteSource } from "../byte_source.ts";
import type { Folder } from "../folder.ts";
import type { TiffPage } from "../tiff/tiff_page.ts";
import type { Region } from "../slide.ts";
import type {
  AssociatedPicture,
  Scale,
  SlideContents,
  StoredChannel,
} from "./format.ts";

/** Micrometers in OME's units of length, as far as slides are measured in them. */
const MICROMETERS: { readonly [unit: string]: number } = {
  "pm": 1e-6,
  "Å": 1e-4, // the letter, and the look-alike sign
  "\u212B": 1e-4,
  "nm": 1e-3,
  "µm": 1, // the micro sign, and the letter
  "μm": 1,
  "um": 1,
  "micron": 1,
  "microns": 1,
  "thou": 25.4,
  "mil": 25.4,
  "mm": 1e3,
  "cm": 1e4,
  "in": 25400,
  "inch": 25400,
  "dm": 1e5,
  "ft": 304800,
  "m": 1e6,
};

/** Micrometers in a unit of length; `undefined` for other units, such as `pixel` and `reference frame`. */
export function micrometersIn(unit: string): number | undefined {
  // ImageJ escapes non-ASCII characters; some writers read UTF-8 as Latin-1.
  const plain = unit.trim().replace(
    /\\u([0-9a-f]{4})/gi,
    (_, code) => String.fromCharCode(parseInt(code, 16)),
  ).replace(/^Â(?=[µÅ])/, "");
  return Object.hasOwn(MICROMETERS, plain) ? MICROMETERS[plain] : undefined;
}

/** Reads the number at the start of a text, in the forms that vendors write: `0.25`, `0,2500`, `2.5e-1`, `+40.000000`. */
export function parseNumber(text: string | undefined): number | undefined {
  const match = text?.trim().match(
    /^[+-]?(\d+([.,]\d*)?|[.,]\d+)(e[+-]?\d+)?/i,
  );
  const value = match ? Number(match[0].replace(",", ".")) : NaN;
  return Number.isFinite(value) ? value : undefined;
}

/** Whether a scale is plausible for a microscope: 0.01 to 100 µm per pixel. */
export function isPlausible(mpp: number | undefined): mpp is number {
  return mpp !== undefined && mpp >= 0.01 && mpp <= 100;
}

/**
 * The scale in a page's resolution tags, if it is plausible for a microscope: 0.05 to 20 µm per pixel. That of a screen or
 * printer, 72 or 300 dpi, is not.
 *
 * Source: TIFF 6.0, XResolution, YResolution, ResolutionUnit.
 *
 * @param unit Micrometers in the unit of the tags. Default: that of ResolutionUnit.
 */
export function resolutionScale(
  { resolution }: Pick<TiffPage, "resolution">,
  unit?: { readonly micrometers: number; readonly source: string },
): Scale | undefined {
  if (!resolution) return undefined;
  const micrometers = unit?.micrometers ??
    ({ 2: 25400, 3: 10000 } as Record<number, number>)[resolution.unit];
  if (micrometers === undefined) return undefined;
  const [x, y] = [micrometers / resolution.x, micrometers / resolution.y];
  if (!(x >= 0.05 && x <= 20 && y >= 0.05 && y <= 20)) return undefined;
  const source = unit?.source ??
    `XResolution, YResolution (per ${resolution.unit === 2 ? "inch" : "cm"})`;
  return { x, y, source };
}

/** One resolution: one page, or three grayscale pages that are its red, green and blue. */
export type Picture = readonly TiffPage[];

/** A level of a slide, and the pages that hold it. */
export interface Level {
  readonly picture: Picture;
  /** Width in pixels, without what pads the page to whole tiles. */
  readonly width: number;
  /** Height in pixels, likewise. */
  readonly height: number;
  readonly downsample: number;
  /** The pictures that it is made of, in the order of painting, if it is more than one whole page; `picture` is the first. */
  readonly areas?: readonly LevelArea[];
  /** Places its blocks on its canvas. Default: where they lie in the page. */
  readonly place?: (blocks: BlockSource) => BlockSource;
  /** Opens its blocks. Default: they are those of the page. */
  readonly open?: (options: FormatOptions) => BlockSource;
}

/** A picture that is a part of a level. */
export interface LevelArea extends Region {
  readonly picture: Picture;
}

/** A TIFF whose pages have been read. */
export interface TiffFile {
  readonly source: ByteSource;
  readonly folder: Folder;
  /** The file's name with its extension, if it has one. */
  readonly fileName: string;
  /** Its pages; none if it contains only metadata. */
  readonly pages: readonly TiffPage[];
  /** The text of a file that contains only metadata, such as an OME companion. */
  readonly metadata?: string;
  readonly signal?: AbortSignal;
}

/** A kind's interpretation of a file: which pages are the slide, and which are left out. */
export interface TiffLayout
  extends Omit<SlideContents, "levels" | "associated"> {
  /** The finest first. */
  readonly levels: readonly Level[];
  /** Pictures beside the slide: label, macro, thumbnail. */
  readonly associated?: readonly AssociatedPage[];
  /** Such pictures that have no page, as they are within its XML. */
  readonly embedded?: readonly AssociatedPicture[];
}

/** A kind's channels: their pages, and what it says of each. */
export interface ChannelLayout
  extends Omit<TiffLayout, "levels" | "sampleRange"> {
  /** The finest first. A picture has a page for each channel, or one page whose samples they are. */
  readonly levels: readonly Level[];
  readonly channels: readonly Omit<StoredChannel, "levels" | "sample">[];
}

/** A picture beside the slide. */
export interface AssociatedPage {
  /** `label`, `macro`, `thumbnail`, or the file's own name for it. */
  readonly name: string;
  readonly page: TiffPage;
}

/** A kind of TIFF: how it is recognized, and how its pages are laid out. */
export interface TiffKind {
  /** The name for people: `Aperio SVS`. */
  readonly name: string;
  /** Whether a file is of this kind. */
  detect(file: TiffFile): boolean;
  /**
   * Finds which pages are the slide.
   *
   * @throws {TypeError} If they are not a color picture, or it is ambiguous which is; the message says what was found.
   */
  layout(file: TiffFile): TiffLayout | Promise<TiffLayout>;
  /** Finds the channels of a slide that is no color picture. Default: those of the page that would be the slide. */
  channels?(file: TiffFile): ChannelLayout | Promise<ChannelLayout>;
  /** Lays out a page that the caller chose. Default: `undefined`, as it would be in plain TIFF. */
  layOutPage?(
    file: TiffFile,
    page: TiffPage,
  ): Promise<TiffLayout | undefined>;
  /**
   * The scale and the sample values of a page that the caller chose. Default: the scale in its resolution tags.
   *
   * @throws {TypeError} If the page is no picture by itself.
   */
  describePage?(
    file: TiffFile,
    page: TiffPage,
  ): Pick<TiffLayout, "mpp" | "objectivePower" | "sampleRange">;
}
