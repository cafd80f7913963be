import type { AssociatedImage, Region } from "./slide.ts";

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
  /** The box around what was scanned, in level-0 pixels; missing if it is all of the slide. */
  readonly bounds?: Region;
  /** What the file says about the slide, under the vendor's own names; this may identify a patient. */
  readonly properties: Readonly<Record<string, string>>;
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
 * A picture beside the slide; `readAssociated()` of the slide reads it.
 *
 * @category Slides
 */
export interface InspectedPicture extends AssociatedImage {
  /** The page that holds it, or its place in the file. */
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
