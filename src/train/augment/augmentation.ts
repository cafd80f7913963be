/**
 * A smooth or piecewise displacement of a square, by a grid of control points. Lengths are fractions of its side.
 *
 * @category Augmentation
 */
export interface DisplacementGrid {
  /** Control points per row and column. */
  readonly points: number;
  /** For each control point, row by row: position of its source pixel relative to its own, x and y. */
  readonly offsets: Float32Array;
}

/**
 * A distortion, blur or noise. Lengths are fractions of the side.
 *
 * @category Augmentation
 */
export type Distortion =
  | {
    /** An affine map that moves three points, and a smooth random field. */
    readonly kind: "elastic";
    /** Displacements of the points (5/6, 5/6), (5/6, 1/6) and (1/6, 1/6) of the square: x and y of each. */
    readonly corners: readonly number[];
    /** The field: coefficients of a uniform cubic B-spline. */
    readonly grid: DisplacementGrid;
  }
  | {
    /** Lens distortion: radii are scaled by 1 + k r² + k r⁴. */
    readonly kind: "optical";
    /** Strength. */
    readonly k: number;
  }
  | {
    /** Rows and columns of a grid are stretched, or its points move freely; linear between. */
    readonly kind: "grid" | "piecewise";
    /** The grid, linear in the triangles between its points. */
    readonly grid: DisplacementGrid;
  }
  | {
    /** Gaussian blur. */
    readonly kind: "blur";
    /** Size of the kernel: 3, 5 or 7. */
    readonly taps: number;
  }
  | {
    /** Gaussian noise on every channel. */
    readonly kind: "noise";
    /** Standard deviation, in 8-bit steps. */
    readonly deviation: number;
    /** Seed: 32 bits. */
    readonly seed: number;
  };

/**
 * A change of color.
 *
 * @category Augmentation
 */
export type ColorChange =
  | {
    /** Shift of hue (0 to 180), saturation and value (0 to 255). */
    readonly kind: "hsv";
    /** Added to the hue, modulo 180. */
    readonly hue: number;
    /** Added to the saturation. */
    readonly saturation: number;
    /** Added to the value. */
    readonly value: number;
  }
  | {
    /** Contrast-limited adaptive histogram equalization (CLAHE) of the lightness, in 8×8 tiles. */
    readonly kind: "clahe";
    /** Clip limit, as a multiple of the mean bin. */
    readonly clip: number;
  }
  | {
    /** Values c become (1 + contrast) c + 255 brightness. */
    readonly kind: "brightness";
    /** Added, as a fraction of 255. */
    readonly brightness: number;
    /** Added to the factor of 1. */
    readonly contrast: number;
  };

/**
 * The augmentation of one tile, in this order. The mask moves with the pixels.
 *
 * @category Augmentation
 */
export interface Augmentation {
  /** Whether left and right are swapped. */
  readonly flipHorizontal: boolean;
  /** Whether top and bottom are swapped. */
  readonly flipVertical: boolean;
  /** Quarter turns counterclockwise, 0 to 3. */
  readonly quarterTurns: number;
  /** Shift as a fraction of the side, scale, and counterclockwise angle in degrees, about the center; reflected at the borders. Default: none. */
  readonly affine?: {
    readonly shiftX: number;
    readonly shiftY: number;
    readonly scale: number;
    readonly degrees: number;
  };
  /** A distortion, blur or noise. Default: none. */
  readonly distortion?: Distortion;
  /** A change of color. Default: none. */
  readonly color?: ColorChange;
}

/**
 * A tile's pixels and mask, such as a {@linkcode SampleTile}.
 *
 * @category Augmentation
 */
export interface TilePixels {
  /** 8-bit RGB, row by row. */
  readonly pixels: Uint8Array;
  /** One byte per pixel, 0 or 1. */
  readonly mask: Uint8Array;
}

/** Changes nothing. */
export const NOTHING: Augmentation = {
  flipHorizontal: false,
  flipVertical: false,
  quarterTurns: 0,
};
