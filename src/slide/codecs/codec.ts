import type { BlockJob } from "./block_job.ts";

/** A way in which blocks are compressed. */
export type Codec = ByteCodec | PictureCodec;

interface CodecTraits {
  /** The numbers that TIFF has for it. */
  readonly ids: readonly number[];
  /** Its name for people. */
  readonly name: string;
  /** Bits per sample that it is read in. Default: all that samples may have. */
  readonly depths?: readonly number[];
}

/** One that compresses bytes, whatever they are. */
export interface ByteCodec extends CodecTraits {
  /** Whether TIFF's predictors belong to it. Default: false. */
  readonly hasPredictor?: boolean;
  /** The most that it can shrink: fewer bytes than that are a truncated block, known before decoding. */
  readonly maxRatio?: number;
  /**
   * Unpacks a block: `length` bytes or more, fewer if the data end early.
   *
   * @throws {SyntaxError} If the data are damaged, or hold more than `most` bytes.
   */
  unpack(
    data: Uint8Array<ArrayBuffer>,
    size: { readonly length: number; readonly most: number },
  ): Uint8Array | Promise<Uint8Array>;
}

/** One whose blocks are pictures, with a header of their own. */
export interface PictureCodec extends CodecTraits {
  /**
   * Decodes a block to a byte a sample: `width * height * samples`, or more rows.
   *
   * @throws {SyntaxError} If the data are damaged, or differ from what the page says.
   */
  decode(data: Uint8Array<ArrayBuffer>, job: BlockJob): Promise<Uint8Array>;
  /**
   * Holds the header of a block against its page.
   *
   * @returns whether the header was found; more bytes may hold it otherwise.
   * @throws {SyntaxError} If the two differ, or the variant is not supported.
   */
  checkHead?(head: Uint8Array, job: Omit<BlockJob, "parts">): boolean;
  /** Whether a block was encoded with loss, where its name leaves that open. */
  isLossy?(data: Uint8Array): boolean;
}
