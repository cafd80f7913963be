import { XmlError } from "../xml.ts";
import { APERIO } from "./aperio.ts";
import { findLevels, subPictures } from "./find_levels.ts";
import { GENERIC } from "./generic.ts";
import { HAMAMATSU } from "./hamamatsu.ts";
import {
  resolutionScale,
  type SlideFile,
  type SlideFormat,
  type SlideLayout,
} from "./layout.ts";
import { OME } from "./ome.ts";
import { PHILIPS } from "./philips.ts";
import { QPTIFF } from "./qptiff.ts";
import { UNREAD } from "./unread.ts";

/** All known kinds of TIFF, vendors before plain TIFF: as plain TIFF, most vendors' files would open incorrectly. */
const FORMATS: readonly SlideFormat[] = [
  HAMAMATSU,
  ...UNREAD,
  PHILIPS,
  QPTIFF,
  APERIO,
  OME,
  GENERIC,
];

/** The kind of a file. */
export function formatOf(file: SlideFile): SlideFormat {
  return FORMATS.find((format) => format.detect(file))!;
}

/**
 * Says which pages of a file are the slide, or lays out one page that the caller chose.
 *
 * @throws {TypeError} If no page is certainly the slide.
 * @throws {RangeError} If there is no page of that number.
 */
export async function layOut(
  file: SlideFile,
  { format, page }: { readonly format: SlideFormat; readonly page?: number },
): Promise<SlideLayout> {
  if (page === undefined || format.refusesPages) {
    try {
      return await format.layout(file);
    } catch (cause) {
      if (!(cause instanceof XmlError)) throw cause;
      throw new SyntaxError(
        `${cause.message}; --page N (openSlide's page) opens one page and ignores the XML`,
        { cause },
      );
    }
  }
  const chosen = file.pages[page];
  if (!chosen) {
    throw new RangeError(
      `it has pages 0 to ${file.pages.length - 1}: received page ${page}`,
    );
  }
  const described = format.describePage?.(file, chosen) ??
    { mpp: resolutionScale(chosen) };
  return { ...findLevels([chosen], subPictures([chosen])), ...described };
}
