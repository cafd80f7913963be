import type { TiffPage } from "./tiff_page.ts";

/** Micrometres in each unit that OME uses for lengths on a slide. */
const MICROMETRES: { readonly [unit: string]: number } = {
  "nm": 1e-3,
  "µm": 1,
  "μm": 1,
  "um": 1,
  "&#181;m": 1,
  "&#xB5;m": 1,
  "mm": 1e3,
  "cm": 1e4,
  "m": 1e6,
};

/**
 * Reads the scale of a slide's first page, in micrometres a pixel: from Aperio's description, from OME's, or from
 * the resolution tags where what they say is a microscope's (0.05 to 20 µm; a scanner's 72 dpi is not).
 *
 * Source: Aperio's "MPP = 0.4990"; OME schema 2016-06, Pixels; TIFF 6.0, XResolution; ImageJ's "unit=micron".
 */
export function readMpp(page: TiffPage): { x: number; y: number } | undefined {
  const { description, resolution } = page;
  const aperio = Number(description.match(/\bMPP\s*=\s*([\d.]+)/)?.[1]);
  if (isPlausible(aperio)) return { x: aperio, y: aperio };
  if (description.includes("<OME")) {
    const [x, y] = [omeSize(description, "X"), omeSize(description, "Y")];
    if (isPlausible(x) && isPlausible(y)) return { x, y };
  }
  const micrometres = resolution && unitOf(page);
  if (micrometres) {
    const [x, y] = [micrometres / resolution.x, micrometres / resolution.y];
    if (isPlausible(x) && isPlausible(y)) return { x, y };
  }
  return undefined;
}

/** Micrometres in the unit of the resolution tags. */
function unitOf({ resolution, description }: TiffPage): number | undefined {
  if (resolution?.unit === 2) return 25400;
  if (resolution?.unit === 3) return 10000;
  // ImageJ says in words what TIFF has no number for.
  const unit = description.match(/^ImageJ=[^]*^unit=(\S+)/m)?.[1];
  return unit === "micron"
    ? 1
    : MICROMETRES[unit?.replace("\\u00B5", "µ") ?? ""];
}

function omeSize(text: string, axis: "X" | "Y"): number {
  const size = Number(
    text.match(`PhysicalSize${axis}\\s*=\\s*["']([^"']+)`)?.[1],
  );
  const unit =
    text.match(`PhysicalSize${axis}Unit\\s*=\\s*["']([^"']+)`)?.[1] ?? "µm";
  return size * (MICROMETRES[unit] ?? NaN);
}

function isPlausible(mpp: number): boolean {
  return mpp >= 0.05 && mpp <= 20;
}
