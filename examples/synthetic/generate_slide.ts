import { cannot } from "../../src/errors/cannot.ts";
import { Painter } from "./painter.ts";
import { textureSize } from "./textures.ts";

/** Options for {@linkcode generateSlide}. */
export interface GenerateSlideOptions {
  /** Random seed, any integer; the same seed gives the same slide. */
  readonly seed: number;
  /** Width in pixels. */
  readonly width: number;
  /** Height in pixels. */
  readonly height: number;
  /** Rows per band; pixels do not depend on it. Default: 256. */
  readonly bandHeight?: number;
}

/** Rows of a synthetic slide with their ground truth. */
export interface SyntheticBand {
  /** Top row in pixels. */
  readonly y: number;
  /** The slide's width in pixels. */
  readonly width: number;
  /** Rows in this band. */
  readonly height: number;
  /** 8-bit RGB, row by row. */
  readonly rgb: Uint8Array;
  /** 1 inside a glomerulus (the area in Bowman's capsule), else 0. */
  readonly mask: Uint8Array;
  /** Numbers of classes: 1 inside a glomerulus, 2 inside a vessel, wall and lumen, else 0. */
  readonly classes: Uint8Array;
}

/** A slide that is made as it is read. */
export interface SyntheticSlide {
  /** Width in pixels. */
  readonly width: number;
  /** Height in pixels. */
  readonly height: number;
  /** Micrometers per pixel. */
  readonly mpp: number;
  /** The slide from top to bottom; memory holds one band at a time. */
  bands(): Generator<SyntheticBand>;
}

/**
 * Synthesizes a PAS-stained kidney section: tubules, glomeruli, vessels and stroma on blank glass, with stain, light
 * and focus drawn from the seed.
 *
 * It has the scale of a slide at 1 µm per pixel: glomeruli are 90 to 210 pixels wide.
 *
 * @throws {RangeError} If a size is not a positive integer, or the seed is not an integer.
 */
export function generateSlide(options: GenerateSlideOptions): SyntheticSlide {
  const { seed, width, height, bandHeight = 256 } = options;
  for (const [name, value] of Object.entries({ width, height, bandHeight })) {
    if (!Number.isSafeInteger(value) || value < 1) {
      throw cannot("generate a slide", `${name} must be a positive integer`, {
        received: value,
        kind: RangeError,
      });
    }
  }
  if (!Number.isSafeInteger(seed)) {
    throw cannot("generate a slide", "seed must be an integer", {
      received: seed,
      kind: RangeError,
    });
  }
  return {
    width,
    height,
    mpp: 1,
    *bands() {
      const painter = new Painter(seed, width, height);
      const pixels = (width + 2) * (Math.min(bandHeight, height) + 2);
      const sharp = new Uint8Array(pixels * 3);
      const inside = new Uint8Array(pixels);
      for (let y = 0; y < height; y += bandHeight) {
        const rows = Math.min(bandHeight, height - y);
        painter.paint(y - 1, rows + 2, sharp, inside);
        const classes = new Uint8Array(width * rows);
        for (let row = 0; row < rows; row++) {
          const from = (row + 1) * (width + 2) + 1;
          classes.set(inside.subarray(from, from + width), row * width);
        }
        const mask = classes.map((value) => value === 1 ? 1 : 0);
        const rgb = photograph(sharp, y, width, rows, painter);
        yield { y, width, height: rows, rgb, mask, classes };
      }
    },
  };
}

/** Takes sharp pixels, with one more on each side, through the microscope's blur and the camera's noise. */
function photograph(
  sharp: Uint8Array,
  top: number,
  width: number,
  rows: number,
  { stain, textures }: Painter,
): Uint8Array {
  const { focus, grain } = stain;
  const stride = 3 * (width + 2);
  const across = new Uint16Array(3 * width * (rows + 2));
  for (let row = 0, out = 0; row < rows + 2; row++) {
    for (let at = row * stride + 3; at < (row + 1) * stride - 3; at++) {
      across[out++] = sharp[at - 3] + focus * sharp[at] + sharp[at + 3];
    }
  }
  const line = 3 * width;
  const rgb = new Uint8Array(line * rows);
  const scale = 1 / ((focus + 2) * (focus + 2));
  const wrap = textureSize - 1;
  for (let row = 0, out = 0; row < rows; row++) {
    for (let x = 0; x < line; x++, out++) {
      const sum = across[out] + focus * across[out + line] +
        across[out + 2 * line];
      const noise = textures
        .camera[(((top + row) & wrap) * textureSize) + ((x * 5) & wrap)];
      const value = sum * scale + grain * noise + 0.5;
      rgb[out] = value < 0 ? 0 : value > 255 ? 255 : value;
    }
  }
  return rgb;
}
