import type { ChunkFormat } from "./chunk_format.ts";

interface Size {
  readonly width: number;
  readonly height: number;
}

/**
 * Whether a block may be encoded at a size: its own, or at the right edge of the picture as narrow as what lies within;
 * the last block may be shorter, or as high as all others.
 */
export function fitsBlock(
  { width, height }: Size,
  job: Pick<BlockJob, "width" | "within" | "height" | "maxHeight">,
): boolean {
  return width <= job.width && width >= (job.within ?? job.width) &&
    height >= job.height && height <= job.maxHeight;
}

/** Pads the rows of a narrow block to the full width. */
export function widenRows(
  bytes: Uint8Array,
  encodedWidth: number,
  { width, height, format }: Pick<BlockJob, "width" | "height" | "format">,
): Uint8Array {
  if (encodedWidth === width) return bytes;
  const [from, to] = [encodedWidth * format.samples, width * format.samples];
  const out = new Uint8Array(to * height);
  for (let row = 0; row < height; row++) {
    out.set(bytes.subarray(row * from, (row + 1) * from), row * to);
  }
  return out;
}

/**
 * How the blocks of a picture are encoded: everything a decoder needs, in a form that can be posted to a worker.
 */
export interface BlockFormat {
  /** TIFF's number of the scheme, or one of {@linkcode PNG}. */
  readonly compression: number;
  /** 1 none, 2 differences along a row, 3 differences of floats' bytes. */
  readonly predictor: number;
  /** 0 white is zero, 1 black is zero, 2 RGB, 3 palette, 5 CMYK, 6 YCbCr. */
  readonly photometric: number;
  /** Bits of each sample. */
  readonly bits: number;
  /** Whether samples are floats. Default: false, unsigned integers. */
  readonly float: boolean;
  /** The values that are black and white. Default: 0 and 1 for floats, the full range of the bits for integers. */
  readonly range?: readonly [min: number, max: number];
  /** Samples of a pixel in each part. */
  readonly samples: number;
  /** Samples of a pixel that carry its color: 1 gray or palette, 3, or 4 for CMYK. */
  readonly colors: number;
  /** The kind of the sample after the colors. */
  readonly alpha: "none" | "straight" | "premultiplied";
  readonly littleEndian: boolean;
  /** Whether the lowest bit of a byte comes first. */
  readonly reversedBits: boolean;
  /** Pixels that share a chroma sample, each way, for YCbCr outside of JPEG. */
  readonly subsampling: readonly [number, number];
  /** Red, then green, then blue, of each palette entry. */
  readonly colorMap?: Uint8Array;
  /** Quantization and Huffman tables shared by a page's JPEG blocks. */
  readonly jpegTables?: Uint8Array;
  /** Whether 255 is no ink in CMYK. */
  readonly invertedInks?: boolean;
  /** Second compression of LERC blocks: 0 none, 1 deflate, 2 zstd. */
  readonly lercScheme?: number;
  /** How its parts are encoded, if they are chunks of {@linkcode ZARR}. */
  readonly chunk?: ChunkFormat;
  /** Whether it is read as a mask, by {@linkcode toMask}, or as one of classes, by {@linkcode toClasses}. */
  readonly mask?: boolean | "classes";
  /** Whether a mask's integers are signed. */
  readonly signed?: boolean;
  /** The sample of each pixel whose values are kept, by `packValues()`, in place of colors. Default: colors. */
  readonly sample?: number;
  /** Pixels that become one, each way: the block is decoded to their means. Default: all are kept. */
  readonly reduce?: { readonly x: number; readonly y: number };
}

/** One block to decode: its compressed bytes in one part, or one part per plane. */
export interface BlockJob {
  readonly format: BlockFormat;
  /** Compressed bytes; `undefined` if the block is missing from the file. */
  readonly parts: readonly (Uint8Array<ArrayBuffer> | undefined)[];
  /** Pixels per row, encoded and wanted. */
  readonly width: number;
  /** Pixels per row that lie within the picture: blocks at its edge may be encoded in no more. Default: `width`. */
  readonly within?: number;
  /** Rows wanted. */
  readonly height: number;
  /** Rows encoded: `height` at least, `maxHeight` at most. */
  readonly maxHeight: number;
  /** An array of the length of the block's RGB that the decoder may use for its result. Its content does not matter. */
  readonly into?: Uint8Array<ArrayBuffer>;
}

/** A pseudo scheme: the block is a whole PNG file. */
export const PNG = -1;

/** A pseudo scheme: JPEG-LS, named after DICOM's transfer syntax 1.2.840.10008.1.2.4.80. */
export const JPEG_LS_BLOCK = -80;

/** A pseudo scheme: DICOM's run lengths, named after its transfer syntax 1.2.840.10008.1.2.5. */
export const RLE_BLOCK = -5;

/** A pseudo scheme: the block is a whole BMP file of 24 bits. */
export const BMP = -10;

/** Pseudo schemes: the pixels of a CZI, uncompressed, as zstd, and as zstd after a header. */
export const CZI_RAW = -11;
export const CZI_ZSTD0 = -12;
export const CZI_ZSTD1 = -13;
/** A pseudo scheme: the block is a whole JPEG XR file. */
export const JPEG_XR_BLOCK = -14;
/** A pseudo scheme: the parts are chunks of a Zarr array. */
export const ZARR = -20;
