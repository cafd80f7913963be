/** A horizontal band of a slide's mask, as wide as the slide; bands arrive from top to bottom without gaps. */
export interface MaskBand {
  /** Top row, in level-0 pixels. */
  readonly y: number;
  /** The slide's width in pixels. */
  readonly width: number;
  /** Rows in this band. */
  readonly height: number;
  /** One byte per pixel, 0 or 1, row by row. */
  readonly mask: Uint8Array;
  /** Probability per pixel as a byte, 0 to 255 for 0 to 1, row by row, if requested. */
  readonly probability8?: Uint8Array;
}

/** Receives a slide's mask band by band; {@linkcode writeBands} drives it. */
export interface MaskSink {
  /** Prepares, so that a file that cannot be written is an error before the work begins. */
  open?(): Promise<void>;
  /** Receives the next band; it must not keep the band's arrays. */
  write(band: MaskBand): void | Promise<void>;
  /** Ends the mask and completes the result. */
  close(): Promise<void>;
  /** Aborts and removes what was written; does nothing once closed. */
  abort(): Promise<void>;
}

/** Throws unless `band` is as wide as the slide and begins at row `y`. */
export function expectBand(
  band: MaskBand,
  expected: { readonly width: number; readonly y: number },
): void {
  const { width, y } = expected;
  if (band.width !== width || band.y !== y) {
    throw new RangeError(
      `Cannot take a mask band as row ${y} of width ${width} comes next: received row ${band.y} of width ${band.width}`,
    );
  }
  if (band.mask.length !== band.width * band.height) {
    throw new RangeError(
      `Cannot take a mask band as ${
        band.width * band.height
      } bytes are needed: received ${band.mask.length}`,
    );
  }
}

/** Throws a `RangeError` unless width and height are positive integers. */
export function expectSize(
  action: string,
  size: { readonly width: number; readonly height: number },
): void {
  for (const name of ["width", "height"] as const) {
    const value = size[name];
    if (!Number.isInteger(value) || value < 1 || value > 0x7fffffff) {
      throw new RangeError(
        `Cannot ${action} as its ${name} must be a positive integer: received ${value}`,
      );
    }
  }
}
