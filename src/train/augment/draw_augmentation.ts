import type { Random } from "../random.ts";
import type {
  Augmentation,
  ColorChange,
  DisplacementGrid,
  Distortion,
} from "./augmentation.ts";

/** Words of a tile's color parameters. */
export const COLOR_WORDS = 8;

/** Parameters of `color_tile`: kind, three numbers, then left, top, right and bottom of the cutout. */
export function colorParameters(
  { color }: Augmentation,
  cutout?: Cutout,
): Uint32Array<ArrayBuffer> {
  const words = new Uint32Array(COLOR_WORDS);
  const numbers = new Float32Array(words.buffer);
  switch (color?.kind) {
    case "hsv":
      words[0] = 1;
      numbers.set([color.hue, color.saturation, color.value], 1);
      break;
    case "clahe":
      words[0] = 2;
      break;
    case "brightness":
      words[0] = 3;
      numbers.set([1 + color.contrast, color.brightness * 255], 1);
  }
  if (cutout) {
    const { x, y, width, height } = cutout;
    words.set([x, y, x + width, y + height], 4);
  }
  return words;
}

/** Clip limit of a histogram bin in one of 8×8 tiles, rounded as in OpenCV's CLAHE. */
export function clipLimit(clip: number, side: number): number {
  return Math.max(1, Math.floor(clip * (side / 8) ** 2 / 256));
}

/**
 * A rectangle of a tile, in pixels after downsampling, that is set to zero after normalization.
 *
 * @category Augmentation
 */
export interface Cutout {
  /** Left edge. */
  readonly x: number;
  /** Top edge. */
  readonly y: number;
  /** Width in pixels. */
  readonly width: number;
  /** Height in pixels. */
  readonly height: number;
}

/**
 * Draws a batch's cutout: half the tile's side in width and height, centered anywhere on the tile, and cropped at its
 * borders. It does not change the mask.
 *
 * Source: DeVries and Taylor, "Improved Regularization of Convolutional Neural Networks with Cutout" (2017).
 *
 * @example
 * ```ts
 * import { drawCutout, Random } from "@tilewise/tilewise/train";
 *
 * console.log(drawCutout(new Random(1), 64));
 * ```
 *
 * @category Augmentation
 */
export function drawCutout(random: Random, side: number): Cutout {
  const [x, width] = drawExtent(random, side);
  const [y, height] = drawExtent(random, side);
  return { x, y, width, height };
}

function drawExtent(random: Random, side: number): [number, number] {
  const half = Math.floor(side / 4);
  const center = random.integer(side);
  const start = Math.max(0, center - half);
  return [start, Math.min(side, center + half) - start];
}

/**
 * Draws the augmentation of one training tile. With probability 0.5 each: horizontal flip, vertical flip, quarter turns.
 * With 0.9: shift up to ±6.25%, scale up to ±20% and rotation up to ±15°. With 0.3: elastic, optical, grid or piecewise
 * distortion, blur or noise (grid a third as likely as each of the others). With 0.3: a change of hue and saturation,
 * CLAHE, or a change of brightness and contrast.
 *
 * Lengths that the source gives in pixels are fractions of its tiles of 1024 pixels.
 *
 * Source: the training of the 3rd place of "HuBMAP: Hacking the Kidney" (Kaggle, 2021), with defaults of
 * albumentations 0.5.
 *
 * @example
 * ```ts
 * import { drawAugmentation, Random } from "@tilewise/tilewise/train";
 *
 * const [seed, epoch, sample] = [1, 0, 7];
 * console.log(drawAugmentation(new Random(seed, epoch, sample)).flipHorizontal);
 * ```
 *
 * @category Augmentation
 */
export function drawAugmentation(random: Random): Augmentation {
  const flipHorizontal = random.chance(0.5);
  const flipVertical = random.chance(0.5);
  const quarterTurns = random.chance(0.5) ? random.integer(4) : 0;
  const affine = random.chance(0.9)
    ? {
      shiftX: random.uniform(-0.0625, 0.0625),
      shiftY: random.uniform(-0.0625, 0.0625),
      scale: random.uniform(0.8, 1.2),
      degrees: random.uniform(-15, 15),
    }
    : undefined;
  const distortion = random.chance(0.3) ? drawDistortion(random) : undefined;
  const color = random.chance(0.3) ? drawColor(random) : undefined;
  return {
    flipHorizontal,
    flipVertical,
    quarterTurns,
    affine,
    distortion,
    color,
  };
}

function drawDistortion(random: Random): Distortion {
  const choice = random.uniform(0, 1.6);
  if (choice < 0.3) return drawElastic(random);
  if (choice < 0.6) {
    return { kind: "blur", taps: [3, 5, 7][random.integer(3)] };
  }
  if (choice < 0.9) {
    return {
      kind: "noise",
      deviation: Math.sqrt(random.uniform(10, 50)),
      seed: random.next(),
    };
  }
  if (choice < 1.2) {
    return { kind: "optical", k: random.uniform(-0.05, 0.05) };
  }
  if (choice < 1.3) return { kind: "grid", grid: drawGrid(random) };
  return { kind: "piecewise", grid: drawPiecewise(random) };
}

/** Standard deviation of the field's smoothing, and limit of the corners' moves, as a fraction of the side: 50 of 1024 pixels. */
const ELASTIC = 50 / 1024;
/** A cubic B-spline has a standard deviation of its knot distance over √3. */
const ELASTIC_CELLS = Math.round(1 / (ELASTIC * Math.sqrt(3)));

function drawElastic(random: Random): Distortion {
  const corners = Array.from(
    { length: 6 },
    () => random.uniform(-ELASTIC, ELASTIC),
  );
  // One more than cells, and one on each side for the spline's support.
  const points = ELASTIC_CELLS + 3;
  // Uniform noise of ±1 pixel, smoothed with a standard deviation of 50 pixels, has a standard deviation of
  // 1/√3 / (2 √π 50). A spline whose coefficients have a standard deviation of 1 has the sum of its squared weights: on
  // average 0.479 per axis.
  const deviation = 1 / Math.sqrt(3) / (2 * Math.sqrt(Math.PI) * 50) / 0.479 /
    1024;
  const offsets = Float32Array.from(
    { length: points * points * 2 },
    () => random.normal() * deviation,
  );
  return { kind: "elastic", corners, grid: { points, offsets } };
}

/** Five columns and rows, each stretched 0.7 to 1.3 times. */
function drawGrid(random: Random): DisplacementGrid {
  const points = 6;
  const drawAxis = () => {
    const moves = [0];
    for (let i = 1; i < points; i++) {
      moves.push(moves[i - 1] + random.uniform(-0.3, 0.3) / (points - 1));
    }
    return moves;
  };
  const [x, y] = [drawAxis(), drawAxis()];
  const offsets = new Float32Array(points * points * 2);
  for (let i = 0; i < points * points; i++) {
    offsets[i * 2] = x[i % points];
    offsets[i * 2 + 1] = y[Math.floor(i / points)];
  }
  return { points, offsets };
}

/** 4×4 points, each moved with a standard deviation of 3 to 5% of the side, but not off the tile. */
function drawPiecewise(random: Random): DisplacementGrid {
  const points = 4;
  const scale = random.uniform(0.03, 0.05);
  const offsets = new Float32Array(points * points * 2);
  for (let i = 0; i < offsets.length; i++) {
    const point = i >> 1;
    const at = (i % 2 === 0 ? point % points : Math.floor(point / points)) /
      (points - 1);
    const moved = at + random.normal() * scale;
    offsets[i] = Math.min(1, Math.max(0, moved)) - at;
  }
  return { points, offsets };
}

function drawColor(random: Random): ColorChange {
  switch (random.integer(3)) {
    case 0:
      return {
        kind: "hsv",
        hue: random.uniform(-15, 15),
        saturation: random.uniform(-25, 25),
        value: 0,
      };
    case 1:
      return { kind: "clahe", clip: random.uniform(1, 2) };
    default:
      return {
        kind: "brightness",
        brightness: random.uniform(-0.3, 0.3),
        contrast: random.uniform(-0.3, 0.3),
      };
  }
}
