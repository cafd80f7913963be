import { cannot, reasonOf } from "../../errors/cannot.ts";
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

/** The format of a file. */
export function formatOf(file: SlideFile): SlideFormat {
  return FORMATS.find((format) => format.detect(file))!;
}

/**
 * Finds which pages of a file are the slide, or lays out the page that the caller chose.
 *
 * @throws {TypeError} If it is ambiguous which page is the slide.
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
      throw cannot(
        "find the slide",
        `${
          reasonOf(cause)
        }; --page N (openSlide's page) opens one page and ignores the XML`,
        { kind: SyntaxError, cause },
      );
    }
  }
  const chosen = file.pages[page];
  if (!chosen) {
    throw cannot(
      "find the slide",
      `it has pages 0 to ${file.pages.length - 1}`,
      { received: page, kind: RangeError },
    );
  }
  const described = format.describePage?.(file, chosen) ??
    { mpp: resolutionScale(chosen) };
  return { ...findLevels([chosen], subPictures([chosen])), ...described };
}
