import type { BlockJob } from "./block_job.ts";

/** A compression scheme. */
export type Codec = ByteCodec | PictureCodec | BlockCodec;

interface CodecTraits {
  /** TIFF's numbers for it. */
  readonly ids: readonly number[];
  /** Its name for people. */
  readonly name: string;
  /** Supported bits per sample. Default: all. */
  readonly depths?: readonly number[];
}

/** A codec that compresses arbitrary bytes. */
export interface ByteCodec extends CodecTraits {
  /** Whether TIFF's predictors apply to it. Default: false. */
  readonly hasPredictor?: boolean;
  /** Maximum compression ratio: a block that claims more is truncated. Default: no limit. */
  readonly maxRatio?: number;
  /**
   * Unpacks a block: `length` bytes or more, fewer if the data end early. A pixel has `planes` bytes.
   *
   * @throws {SyntaxError} If the data are damaged, or yield more than `most` bytes.
   */
  unpack(
    data: Uint8Array<ArrayBuffer>,
    size: {
      readonly length: number;
      readonly most: number;
      readonly planes: number;
    },
  ): Uint8Array | Promise<Uint8Array>;
}

/** A codec whose blocks are pictures with their own headers. */
export interface PictureCodec extends CodecTraits {
  /**
   * Decodes a block to one byte per sample: `width * height * samples`, or more rows.
   *
   * @throws {SyntaxError} If the data are damaged, or differ from the page.
   */
  decode(data: Uint8Array<ArrayBuffer>, job: BlockJob): Promise<Uint8Array>;
  /**
   * Compares the header of a block with its page.
   *
   * @returns Whether the header was found; otherwise more bytes are needed.
   * @throws {SyntaxError} If the two differ, or the variant is not supported.
   */
  checkHead?(head: Uint8Array, job: Omit<BlockJob, "parts">): boolean;
  /** Whether a block is lossy, if the codec has both modes. */
  isLossy?(data: Uint8Array): boolean;
}

/** A codec that knows how the parts of a block make up its colors. */
export interface BlockCodec extends CodecTraits {
  /**
   * Decodes a block to RGB, 3 bytes per pixel.
   *
   * @throws {SyntaxError} If the data are damaged.
   */
  toRgb(job: BlockJob): Promise<Uint8Array>;
}
