import { cannot } from "../../errors/cannot.ts";
import type { TiffPage } from "../tiff/tiff_page.ts";
import { nameOf } from "../encoding.ts";
import type { TiffFile, TiffKind } from "./layout.ts";

/** The error for several pictures if the file does not declare one as the slide. */
export function refuseStack(
  found: string,
  pages: readonly TiffPage[],
): Error {
  const [first] = pages;
  const last = pages.at(-1)!;
  const range = pages.length > 1
    ? `${nameOf(first)} to ${last.place}`
    : nameOf(first);
  return cannot(
    "find the slide",
    `it contains ${found}, and it is ambiguous which picture is the slide: select one page, here ${range}, with --page N (openSlide's page)`,
    { kind: TypeError },
  );
}

/** Vendors' TIFFs whose layout is unlike plain TIFF, and which would open incorrectly as such. */
export const UNREAD: readonly TiffKind[] = [
  {
    name: "Olympus VSI",
    detect: ({ pages }: TiffFile) =>
      /^(olympus|cellsens)/i.test(pages[0]?.software ?? ""),
    layout() {
      throw cannot(
        "find the slide",
        "it is an Olympus VSI overview, and the slide is in the .ets files of the folder beside it: convert it with bfconvert (Bio-Formats), or export OME-TIFF from OlyVIA",
        { kind: TypeError },
      );
    },
  },
];
