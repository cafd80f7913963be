import { descendants, parseXml } from "../xml.ts";
import type { SlideFile, SlideFormat } from "./layout.ts";

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
