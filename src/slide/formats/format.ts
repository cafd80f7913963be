import type { FormatOptions } from "../block_format.ts";
import type { BlockSource } from "../blocks.ts";
import type { ByteSource } from "../byte_source.ts";
import type { StoredPicture } from "../encoding.ts";
import type { Folder } from "../folder.ts";
import type { DicomWeb } from "../remote/dicom_web.ts";
import type { Region, SlideLevel } from "../slide.ts";

/** A file or folder that is being opened. */
export interface FileHandle {
  /** Its bytes; none if it is a folder. */
  readonly source: ByteSource;
  /** Its first bytes, up to 4096. */
  readonly head: Uint8Array;
  /** The file's name with its extension, if it has one. */
  readonly fileName: string;
  /** The folder that contains it; if it is a folder, itself. */
  readonly folder: Folder;
  readonly isFolder: boolean;
  /** The names in it, if it is a folder and they can be listed. */
  readonly entries?: readonly string[];
  /** The series on a DICOMweb server, if it is one. */
  readonly web?: DicomWeb;
  readonly signal?: AbortSignal;
}

/** A file format: a file in this folder, and a row in `formats.ts`. */
export interface FileFormat {
  /** Whether a file is of this format. */
  detect(file: FileHandle): boolean;
  /**
   * Reads what a file declares about its pictures, be they a slide or not.
   *
   * @throws {SyntaxError} If it is damaged.
   */
  read(file: FileHandle): Promise<SlideFile>;
  /** Reads it for its channels, if {@linkcode FileFormat.read} refuses files that have several. Default: as a slide. */
  readChannels?(
    file: FileHandle,
  ): Promise<Pick<SlideFile, "format" | "findChannels">>;
}

/** A file whose declarations have been read. */
export interface SlideFile {
  /** The name of its format for people: `Aperio SVS`. */
  readonly format: string;
  /** Its pictures, in their order. */
  readonly pictures: readonly FilePicture[];
  /**
   * Finds the slide among the pictures.
   *
   * @throws {TypeError} If no picture is certainly the slide, or its encoding is not supported.
   */
  findSlide(options: FindOptions): Promise<SlideContents>;
  /**
   * Finds the channels of a slide that is no color picture, to be looked at. Default: there are none.
   *
   * @throws {TypeError} If they cannot be told, or their encoding is not supported.
   */
  findChannels?(
    options: Pick<FindOptions, "page">,
  ): Promise<ChannelContents>;
}

/** A picture of a file, and how its blocks are arranged: `tiles of 256×256`. */
export interface FilePicture {
  readonly picture: StoredPicture;
  readonly arrangement: string;
}

/** Options for {@linkcode SlideFile.findSlide}. */
export interface FindOptions {
  /** The page that is the slide. Default: the one that the format defines. */
  readonly page?: number;
  /** Whether it is read as a mask, which may have encodings that slides may not. Default: false. */
  readonly mask?: boolean;
}

/** The slide in a file. */
export interface SlideContents {
  /** The finest first. */
  readonly levels: readonly StoredLevel[];
  /** The color where no block lies. Default: white. */
  readonly background?: readonly [red: number, green: number, blue: number];
  /** Micrometers per pixel of the finest level. */
  readonly mpp?: Scale;
  /** Nominal magnification, if the file states it. */
  readonly objectivePower?: { readonly value: number; readonly source: string };
  /** The smallest and the largest value of a sample, if they are not those of its type. */
  readonly sampleRange?: SampleRange;
  /** The box around what was scanned, in pixels of the finest level: where to look for tissue. Default: the whole slide. */
  readonly bounds?: Region;
  /** What the file says about the slide, under the vendor's own names: `hamamatsu.SourceLens`. */
  readonly properties?: Readonly<Record<string, string>>;
  /** Pictures beside the slide: label, macro, thumbnail. */
  readonly associated?: readonly AssociatedPicture[];
  /** Other parts of the file, and why they are not read. */
  readonly ignored?: readonly Ignored[];
  /** Warnings about ambiguities. */
  readonly warnings?: readonly string[];
}

/** The channels of a slide that is no color picture. */
export interface ChannelContents
  extends Omit<SlideContents, "levels" | "background" | "sampleRange"> {
  /** All have levels of the same sizes. */
  readonly channels: readonly StoredChannel[];
}

/** A channel as it is stored. */
export interface StoredChannel {
  /** Its name, if the file gives it one. */
  readonly name?: string;
  /** Its color, as `00ff00`, if the file gives it one. */
  readonly color?: string;
  /** The sample values that the file shows as black and as its color. */
  readonly window?: SampleRange;
  /** Whether its low values are bright. Default: false. */
  readonly inverted?: boolean;
  /** The sample of each pixel that it is. Default: 0. */
  readonly sample?: number;
  /** The finest first. */
  readonly levels: readonly StoredLevel[];
}

/** A level as it is stored. */
export interface StoredLevel extends SlideLevel {
  /** The picture that contains it, or the first of three. */
  readonly picture: StoredPicture;
  /** Where its pictures lie, if it is made of parts; `picture` is that of the first. */
  readonly areas?: readonly StoredArea[];
  /**
   * Opens its blocks, as far as their headers tell whether they can be decoded.
   *
   * @throws {SyntaxError} If they cannot.
   */
  openBlocks(options: FormatOptions): Promise<BlockSource>;
  /** Counts the blocks that are missing from the file; `undefined` if that would take too long. */
  countMissing(): Promise<number | undefined>;
}

/** A picture that is a part of a level. */
export interface StoredArea extends Region {
  readonly picture: StoredPicture;
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

/** A picture beside the slide, which is read only when it is asked for. */
export interface AssociatedPicture {
  /** `label`, `macro`, `thumbnail`, or the file's own name for it. */
  readonly name: string;
  readonly page: StoredPicture;
  /**
   * Opens its blocks. Default: it is listed, but cannot be read.
   *
   * @throws {SyntaxError} If they cannot be decoded.
   */
  openBlocks?(): Promise<BlockSource>;
}

/** A part of a file that is not read. */
export interface Ignored {
  readonly what: string;
  readonly why: string;
}
