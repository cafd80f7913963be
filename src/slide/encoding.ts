/** How the samples of a picture are stored, in TIFF's numbers, which other formats are described in as well. */
export interface Encoding {
  /** Samples per pixel. */
  readonly samples: number;
  /** Bits of each sample. */
  readonly bits: readonly number[];
  /** 1 unsigned, 2 signed, 3 float; of each sample. */
  readonly formats: readonly number[];
  readonly extraSamples: readonly number[];
  readonly compression: number;
  readonly predictor: number;
  /** 0 white is zero, 1 black is zero, 2 RGB, 3 palette, 5 CMYK, 6 YCbCr. */
  readonly photometric: number;
  /** Whether each sample has its own blocks. */
  readonly planar: boolean;
  readonly fillOrder: number;
  /** Smallest and largest value of a sample, if the file declares them. */
  readonly sampleRange?: readonly [min: number, max: number];
  /** Red, then green, then blue, 16 bits each. */
  readonly colorMap?: readonly number[];
  /** Of a PNG: the alpha of its palette's first entries, or the color that is transparent. */
  readonly transparency?: Uint8Array;
  readonly jpegTables?: Uint8Array;
  /** Whether 255 is no ink in CMYK. */
  readonly invertedInks?: boolean;
  /** Second compression of LERC blocks: 0 none, 1 deflate, 2 zstd. */
  readonly lercScheme?: number;
  /** Pixels that share a chroma sample, each way. */
  readonly subsampling: readonly [number, number];
  readonly littleEndian: boolean;
}

/** A picture as it is stored. */
export interface StoredPicture extends Encoding {
  /** Its place in the file: `page 2`, counted from 0, or `page 0, SubIFD 1`. */
  readonly place: string;
  readonly width: number;
  readonly height: number;
  /** Whether its blocks are tiles rather than strips. */
  readonly tiled: boolean;
  readonly blockWidth: number;
  readonly blockHeight: number;
  readonly description: string;
  /** Where row 0 and column 0 are displayed, 1 to 8: 1 is the upper left, row by row. */
  readonly orientation: number;
}

/** `page 3 (300×200 px)`, as listings and errors name a picture. */
export function nameOf(
  { place, width, height }: Pick<StoredPicture, "place" | "width" | "height">,
): string {
  return `${place} (${width}×${height} px)`;
}
