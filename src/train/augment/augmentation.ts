/** A smooth or piecewise displacement of a square, by a grid of control points over it; lengths are shares of its side. */
export interface DisplacementGrid {
  /** Control points a row and a column. */
  readonly points: number;
  /** Of each control point, row by row, where from its pixel is taken relative to where it lies: x, y. */
  readonly offsets: Float32Array;
}

/** One of the distortions, blur or noise; at most one is applied. Lengths are shares of the side. */
export type Distortion =
  | {
    /** An affine map that moves three points, and a smooth random field. */
    readonly kind: "elastic";
    /** Where the points (5/6, 5/6), (5/6, 1/6) and (1/6, 1/6) of the square go, relative to where they were: x, y of each. */
    readonly corners: readonly number[];
    /** The field: a uniform cubic B-spline's coefficients. */
    readonly grid: DisplacementGrid;
  }
  | {
    /** A lens: radii are scaled by 1 + k r² + k r⁴. */
    readonly kind: "optical";
    /** Its strength. */
    readonly k: number;
  }
  | {
    /** Rows and columns of a grid move apart and together, or its points move freely; linear between. */
    readonly kind: "grid" | "piecewise";
    /** The grid, linear in the triangles between its points. */
    readonly grid: DisplacementGrid;
  }
  | {
    /** A Gaussian blur. */
    readonly kind: "blur";
    /** Taps of its kernel each way: 3, 5 or 7. */
    readonly taps: number;
  }
  | {
    /** Gaussian noise on every channel. */
    readonly kind: "noise";
    /** Its standard deviation, in 8-bit steps. */
    readonly deviation: number;
    /** What seeds it: 32 bits. */
    readonly seed: number;
  };

/** One of the changes of color; at most one is applied. */
export type ColorChange =
  | {
    /** Hue (of 180), saturation and value (of 255) shifted. */
    readonly kind: "hsv";
    /** Added to the hue, around the circle of 180. */
    readonly hue: number;
    /** Added to the saturation. */
    readonly saturation: number;
    /** Added to the value. */
    readonly value: number;
  }
  | {
    /** Contrast-limited adaptive histogram equalisation of the lightness, in 8×8 tiles. */
    readonly kind: "clahe";
    /** How steep it may be, as a multiple of the mean. */
    readonly clip: number;
  }
  | {
    /** Colors c become (1 + contrast) c + 255 brightness. */
    readonly kind: "brightness";
    /** Added, as a share of 255. */
    readonly brightness: number;
    /** Added to the factor. */
    readonly contrast: number;
  };

/** What is done to one tile, in this order; the mask moves with the pixels. */
export interface Augmentation {
  /** Left and right are swapped. */
  readonly flipHorizontal: boolean;
  /** Top and bottom are swapped. */
  readonly flipVertical: boolean;
  /** Quarter turns anticlockwise, 0 to 3. */
  readonly quarterTurns: number;
  /** Shift as a share of the side, scale, and anticlockwise angle in degrees, about the middle; reflected at the borders. */
  readonly affine?: {
    readonly shiftX: number;
    readonly shiftY: number;
    readonly scale: number;
    readonly degrees: number;
  };
  /** A distortion, blur or noise. */
  readonly distortion?: Distortion;
  /** A change of color. */
  readonly color?: ColorChange;
}

/** A tile's pixels and mask; a {@linkcode SampleTile} fits. */
export interface TilePixels {
  /** 8-bit RGB, row by row. */
  readonly pixels: Uint8Array;
  /** One byte a pixel, 0 or 1. */
  readonly mask: Uint8Array;
}
