import type { TiffPage } from "../tiff_page.ts";
import type { Scale } from "./layout.ts";

/** Micrometers in each unit of length that OME knows and that a slide may be measured in. */
const MICROMETERS: { readonly [unit: string]: number } = {
  "pm": 1e-6,
  "Å": 1e-4, // the letter, and the sign that looks like it
  "\u212B": 1e-4,
  "nm": 1e-3,
  "µm": 1, // the micro sign, and the letter
  "μm": 1,
  "um": 1,
  "micron": 1,
  "microns": 1,
  "thou": 25.4,
  "mil": 25.4,
  "mm": 1e3,
  "cm": 1e4,
  "in": 25400,
  "inch": 25400,
  "dm": 1e5,
  "ft": 304800,
  "m": 1e6,
};

/** Micrometers in a unit of length; `undefined` for what is no length, such as `pixel` and `reference frame`. */
export function micrometersIn(unit: string): number | undefined {
  // ImageJ escapes what is not ASCII; some writers read UTF-8 as Latin-1.
  const plain = unit.trim().replace(
    /\\u([0-9a-f]{4})/gi,
    (_, code) => String.fromCharCode(parseInt(code, 16)),
  ).replace(/^Â(?=[µÅ])/, "");
  return Object.hasOwn(MICROMETERS, plain) ? MICROMETERS[plain] : undefined;
}

/** Reads the number that a text begins with, as vendors write them: `0.25`, `0,2500`, `2.5e-1`, `+40.000000`. */
export function parseNumber(text: string | undefined): number | undefined {
  const match = text?.trim().match(
    /^[+-]?(\d+([.,]\d*)?|[.,]\d+)(e[+-]?\d+)?/i,
  );
  const value = match ? Number(match[0].replace(",", ".")) : NaN;
  return Number.isFinite(value) ? value : undefined;
}

/** Whether a scale is one that a microscope has: 0.01 to 100 µm per pixel. */
export function isPlausible(mpp: number | undefined): mpp is number {
  return mpp !== undefined && mpp >= 0.01 && mpp <= 100;
}

/**
 * The scale that a page's resolution tags say, where it is a microscope's: 0.05 to 20 µm per pixel. That of a screen or
 * printer, 72 or 300 dpi, is not.
 *
 * Source: TIFF 6.0, XResolution, YResolution, ResolutionUnit.
 *
 * @param unit Micrometers in the unit of the tags. Default: what ResolutionUnit says.
 */
export function resolutionScale(
  { resolution }: Pick<TiffPage, "resolution">,
  unit?: { readonly micrometers: number; readonly source: string },
): Scale | undefined {
  if (!resolution) return undefined;
  const micrometers = unit?.micrometers ??
    ({ 2: 25400, 3: 10000 } as Record<number, number>)[resolution.unit];
  if (micrometers === undefined) return undefined;
  const [x, y] = [micrometers / resolution.x, micrometers / resolution.y];
  if (!(x >= 0.05 && x <= 20 && y >= 0.05 && y <= 20)) return undefined;
  const source = unit?.source ??
    `XResolution, YResolution (per ${resolution.unit === 2 ? "inch" : "cm"})`;
  return { x, y, source };
}
