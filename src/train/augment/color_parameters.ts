import type { Augmentation } from "./augmentation.ts";
import type { Cutout } from "./draw_cutout.ts";

/** Words of a buffer that holds a tile's parameters. */
export const COLOR_WORDS = 8;

/** What `color_tile` needs to know of an augmentation: kind, three numbers, left, top, right and bottom of the cutout. */
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

/** The most that a bin of one of 8×8 tiles may count, as OpenCV's CLAHE rounds it. */
export function clipLimit(clip: number, side: number): number {
  return Math.max(1, Math.floor(clip * (side / 8) ** 2 / 256));
}
