import type { ByteSource } from "../byte_source.ts";
import type { TiffPage } from "../tiff_page.ts";

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
}

/** A file whose pages have been read. */
export interface SlideFile {
  readonly source: ByteSource;
  /** The file's name with its extension, where it has one. */
  readonly fileName: string;
  /** Its pages; none where it is metadata alone. */
  readonly pages: readonly TiffPage[];
  /** The text of a file that holds metadata alone, such as an OME companion. */
  readonly metadata?: string;
  readonly signal?: AbortSignal;
}

/** A format's interpretation of a file: which pages are the slide, and what was left out. */
export interface SlideLayout {
  /** The finest first. */
  readonly levels: readonly Level[];
  /** Micrometers per pixel of the finest level. */
  readonly mpp?: Scale;
  /** Nominal magnification, if the file states it. */
  readonly objectivePower?: { readonly value: number; readonly source: string };
  /** The smallest and the largest value of a sample, where they are not those of its type. */
  readonly sampleRange?: SampleRange;
  /** Pictures beside the slide: label, macro, thumbnail. */
  readonly associated?: readonly AssociatedPage[];
  /** What else the file holds, and why it is not read. */
  readonly ignored?: readonly Ignored[];
  /** Warnings about ambiguities. */
  readonly warnings?: readonly string[];
}

/** Micrometers per pixel, and the source of the value. */
export interface Scale {
  readonly x: number;
  readonly y: number;
  readonly source: string;
}

/** The values shown as black and as white, and their source. */
export interface SampleRange {
  readonly min: number;
  readonly max: number;
  readonly source: string;
}

/** A picture beside the slide. */
export interface AssociatedPage {
  /** `label`, `macro`, `thumbnail`, or the file's own word. */
  readonly name: string;
  readonly page: TiffPage;
}

/** A part of a file that is not read. */
export interface Ignored {
  readonly what: string;
  readonly why: string;
}

/** A kind of file that holds slides: how it is recognized, and how its pages are laid out. */
export interface SlideFormat {
  /** The name for people: `Aperio SVS`. */
  readonly name: string;
  /** Whether a file is of this kind. */
  detect(file: SlideFile): boolean;
  /**
   * Says which pages are the slide.
   *
   * @throws {TypeError} If they are no color picture, or not certain; the message names what was found.
   */
  layout(file: SlideFile): SlideLayout | Promise<SlideLayout>;
  /** The scale and the values of one page that the caller chose; by its resolution tags where a format has no other. */
  describePage?(
    file: SlideFile,
    page: TiffPage,
  ): Pick<SlideLayout, "mpp" | "objectivePower" | "sampleRange">;
  /** Why no page by itself can be the slide, where that is so. */
  readonly refusesPages?: boolean;
}

/** `page 3 (300×200 px)`, as listings and errors name a page. */
export function nameOf(page: TiffPage): string {
  return `${page.place} (${page.width}×${page.height} px)`;
}
