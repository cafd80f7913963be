/** Five colors of matplotlib's viridis, which is readable with color blindness. */
const RAMP = [[68, 1, 84], [59, 82, 139], [33, 145, 140], [94, 201, 98], [
  253,
  231,
  37,
]] as const;

/** The color of masks, and of objects without one. */
export const GREEN = [0, 200, 83] as const;

/** The color of a probability. */
export function rampColor(p: number): [number, number, number] {
  const at = Math.min(p, 1) * (RAMP.length - 1);
  const i = Math.min(Math.floor(at), RAMP.length - 2);
  const mix = (k: number) =>
    Math.round(RAMP[i][k] + (RAMP[i + 1][k] - RAMP[i][k]) * (at - i));
  return [mix(0), mix(1), mix(2)];
}

/** RGBA of each byte of a probability map: transparent up to the threshold, the ramp above it. */
export function probabilityColors(threshold: number): Uint8Array {
  const table = new Uint8Array(1024);
  for (let value = 1; value < 256; value++) {
    if (value / 255 <= threshold) continue;
    table.set([...rampColor(value / 255), 255], value * 4);
  }
  return table;
}

/** RGBA of each byte of a mask: the more of a pixel it covers, the more opaque. */
export function maskColors(): Uint8Array {
  const table = new Uint8Array(1024);
  for (let value = 1; value < 256; value++) {
    table.set([...GREEN, value], value * 4);
  }
  return table;
}

/** A color as one number. */
export function colorKey(red: number, green: number, blue: number): number {
  return red << 16 | green << 8 | blue;
}

/** Makes pixels of some colors transparent, in place. */
export function hideColors(
  pixels: Uint8ClampedArray,
  hidden: ReadonlySet<number>,
): void {
  for (let at = 0; at < pixels.length; at += 4) {
    const key = colorKey(pixels[at], pixels[at + 1], pixels[at + 2]);
    if (hidden.has(key)) pixels[at + 3] = 0;
  }
}

/** Replaces gray by colors, in place. */
export function recolor(pixels: Uint8ClampedArray, table: Uint8Array): void {
  for (let at = 0; at < pixels.length; at += 4) {
    const from = pixels[at] * 4;
    pixels[at] = table[from];
    pixels[at + 1] = table[from + 1];
    pixels[at + 2] = table[from + 2];
    pixels[at + 3] = table[from + 3];
  }
}
