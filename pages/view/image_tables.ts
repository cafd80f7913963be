/** How a picture is shown. Nothing of it changes results. */
export interface Adjustment {
  /** -1 to 1: black and white move together. Default: 0. */
  readonly brightness: number;
  /** -1 to 1: half of the values fill the range at 0.5. Default: 0. */
  readonly contrast: number;
  /** Below 1, dark parts become lighter. Default: 1. */
  readonly gamma: number;
  /** Which of red, green and blue are shown. */
  readonly visible: readonly boolean[];
}

/** A picture as it is. */
export const AS_IT_IS: Adjustment = {
  brightness: 0,
  contrast: 0,
  gamma: 1,
  visible: [true, true, true],
};

/** Red, then green, then blue of each byte; `undefined` if all stay as they are. */
export function adjustmentTables(
  { brightness, contrast, gamma, visible }: Adjustment,
): Uint8ClampedArray | undefined {
  const isPlain = brightness === 0 && contrast === 0 && gamma === 1 &&
    visible.every((shown) => shown);
  if (isPlain) return undefined;
  const tables = new Uint8ClampedArray(768);
  const slope = contrast < 0 ? 1 + contrast : 1 / Math.max(0.02, 1 - contrast);
  for (let value = 0; value < 256; value++) {
    const moved = (value / 255 - 0.5) * slope + 0.5 + brightness;
    const shown = Math.pow(Math.min(1, Math.max(0, moved)), gamma) * 255;
    visible.forEach((is, channel) => {
      tables[channel * 256 + value] = is ? shown : 0;
    });
  }
  return tables;
}

/** Replaces red, green and blue by their tables, in place. */
export function applyTables(
  pixels: Uint8ClampedArray,
  tables: Uint8ClampedArray,
): void {
  for (let at = 0; at < pixels.length; at += 4) {
    pixels[at] = tables[pixels[at]];
    pixels[at + 1] = tables[256 + pixels[at + 1]];
    pixels[at + 2] = tables[512 + pixels[at + 2]];
  }
}

/** RGBA of each byte of a channel: black up to one value, its color from another on. */
export function channelColors(
  { color, black, white, gamma }: {
    /** `#ff0000` for red. */
    readonly color: string;
    /** The byte that is black, and the one that has the whole color; fractions are allowed. */
    readonly black: number;
    readonly white: number;
    readonly gamma: number;
  },
): Uint8Array {
  const rgb = [1, 3, 5].map((at) => parseInt(color.slice(at, at + 2), 16));
  const table = new Uint8ClampedArray(1024);
  for (let value = 0; value < 256; value++) {
    // Where low values are bright, black is above white.
    const part = (value - black) / (white - black || 1e-6);
    const shown = Math.pow(Math.min(1, Math.max(0, part)), gamma);
    table.set([...rgb.map((channel) => channel * shown), 255], value * 4);
  }
  return new Uint8Array(table.buffer);
}
