import type { TiffPage } from "./tiff_page.ts";

/**
 * Reads the nominal magnification of the objective that a slide was scanned with, from Aperio's description or OME's.
 *
 * Source: Aperio's "AppMag = 20"; OME schema 2016-06, Objective.
 */
export function readObjectivePower(
  { description }: Pick<TiffPage, "description">,
): number | undefined {
  const found = description.match(/\bAppMag\s*=\s*([\d.]+)/) ??
    description.match(
      /<(?:\w+:)?Objective\b[^>]*\bNominalMagnification\s*=\s*["']([\d.]+)/,
    );
  const power = Number(found?.[1]);
  return power > 0 && power < 1000 ? power : undefined;
}
