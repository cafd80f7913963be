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
    name: "Ventana BIF",
    detect: ({ pages }) =>
      pages.some(({ xmp }) => /<EncodeInfo\b/.test(xmp)) &&
      pages.some(({ xmp }) => /<iScan\b/.test(xmp)),
    refusesPages: true,
    layout() {
      throw cannot(
        "find the slide",
        "it is a Ventana BIF file with overlapping tiles, which is not supported yet: export it as TIFF in Ventana's viewer, or convert it with bfconvert (Bio-Formats)",
        { kind: TypeError },
      );
    },
  },
  {
    name: "Trestle",
    detect: ({ pages }) => pages[0]?.software.startsWith("MedScan") ?? false,
    refusesPages: true,
    layout() {
      throw cannot(
        "find the slide",
        "it is a Trestle file with overlapping tiles, which is not supported yet: convert it with bfconvert (Bio-Formats) or vips tiffsave --tile --pyramid",
        { kind: TypeError },
      );
    },
  },
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
