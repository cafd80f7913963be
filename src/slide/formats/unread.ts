import type { TiffPage } from "../tiff_page.ts";
import { descendants, parseXml } from "../xml.ts";
import { nameOf, type SlideFile, type SlideFormat } from "./layout.ts";

/** The error for several pictures of which the file does not say that one is the slide. */
export function refuseStack(
  found: string,
  pages: readonly TiffPage[],
): TypeError {
  const [first] = pages;
  const last = pages.at(-1)!;
  const range = pages.length > 1
    ? `${nameOf(first)} to ${last.place}`
    : nameOf(first);
  return new TypeError(
    `it holds ${found}, and nothing says that one picture of them is the slide: --page N (openSlide's page) takes one page, here ${range}`,
  );
}

/** Vendors' TIFFs with a layout unlike plain TIFF: opened as such, they would be wrong. */
export const UNREAD: readonly SlideFormat[] = [
  {
    name: "Leica SCN",
    detect: ({ pages }) =>
      pages[0]?.description.includes(
        "http://www.leica-microsystems.com/scn/",
      ) ??
        false,
    layout({ pages }) {
      const [{ description }] = pages;
      const isBright = [
        ...descendants(parseXml(description), "illuminationSource"),
      ]
        .every(({ text }) => text.trim() === "brightfield");
      const kind = isBright
        ? `${
          description.split("<image ").length - 1
        } images (areas and the macro)`
        : "fluorescence";
      throw new TypeError(
        `it is a Leica SCN file of ${kind}, which is not read yet: export one area as TIFF, convert it with bfconvert -series N, or take one page with --page N (openSlide's page)`,
      );
    },
  },
  {
    name: "Ventana BIF",
    detect: ({ pages }) =>
      pages.some(({ xmp }) => /<EncodeInfo\b/.test(xmp)) &&
      pages.some(({ xmp }) => /<iScan\b/.test(xmp)),
    refusesPages: true,
    layout() {
      throw new TypeError(
        "it is a Ventana BIF file, whose tiles overlap, which is not read yet: export it as TIFF in Ventana's viewer, or convert it with bfconvert (Bio-Formats)",
      );
    },
  },
  {
    name: "Trestle",
    detect: ({ pages }) => pages[0]?.software.startsWith("MedScan") ?? false,
    refusesPages: true,
    layout() {
      throw new TypeError(
        "it is a Trestle file, whose tiles overlap, which is not read yet: convert it with bfconvert (Bio-Formats) or vips tiffsave --tile --pyramid",
      );
    },
  },
  {
    name: "Olympus VSI",
    detect: ({ pages }: SlideFile) =>
      /^(olympus|cellsens)/i.test(pages[0]?.software ?? ""),
    layout() {
      throw new TypeError(
        "it is an Olympus VSI overview, and the slide lies in the .ets files of the folder beside it: convert it with bfconvert (Bio-Formats), or export OME-TIFF from OlyVIA",
      );
    },
  },
];
