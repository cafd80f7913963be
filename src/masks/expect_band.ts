import type { MaskBand } from "./mask_band.ts";

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
