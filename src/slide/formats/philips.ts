import type { TiffPage } from "../tiff/tiff_page.ts";
import { descendants, parseXml, type XmlElement } from "../xml.ts";
import { findLevels, paddedLevel } from "./find_levels.ts";
import { nameOf } from "../encoding.ts";
import {
  isPlausible,
  type Level,
  parseNumber,
  type TiffFile,
  type TiffKind,
  type TiffLayout,
} from "./layout.ts";

/**
 * Philips' TIFF. The sizes of its levels are padded to whole tiles, so their ratios are misleading: the XML of the first page
 * has the pixel spacing of each.
 *
 * Source: the attributes of Philips' DPUfsImport objects, whose names are DICOM's; spacings are rows, then columns.
 */
export const PHILIPS: TiffKind = {
  name: "Philips TIFF",
  detect: ({ pages }) =>
    (pages[0]?.software.startsWith("Philips") ?? false) &&
    pages[0].description.includes("DPUfsImport"),
  layout({ pages }: TiffFile): TiffLayout {
    const associated = pages.flatMap((page) => {
      const name = page.description.match(/^\s*(label|macro)/i)?.[1];
      return name ? [{ name: name.toLowerCase(), page }] : [];
    });
    const beside = new Set(associated.map(({ page }) => page));
    const tiled = pages.filter((page) => page.tiled && !beside.has(page));
    const [main = pages[0], ...rest] = tiled;
    const ignored = pages.filter((page) =>
      page !== main && !tiled.includes(page) && !beside.has(page)
    ).map((page) => ({ what: nameOf(page), why: "it is not tiled" }));
    const said = readXml(pages[0].description);
    const spaced = bySpacing(tiled, said.levels);
    const isSpaced = spaced.length > 0 && spaced.every(fitsPage);
    const found = isSpaced
      ? { levels: spaced, ignored: [] }
      : findLevels([main], rest.map((page) => [page]));
    const { mpp, warnings } = scaleOf(said);
    const unread = Object.entries(IN_XML).filter(([type, name]) =>
      said.pictures.has(type) && !associated.some((each) => each.name === name)
    ).map(([type, name]) => ({
      what: `${type} in the XML`,
      why: `a ${name} is read from a page of its own only`,
    }));
    return {
      levels: found.levels,
      ignored: [...ignored, ...unread, ...found.ignored],
      associated,
      mpp,
      warnings: isSpaced || said.levels.length === 0 ? warnings : [
        ...warnings,
        "the pixel spacings in its XML do not fit its pages: levels are found by their sizes",
      ],
    };
  },
  describePage({ pages }, page) {
    const said = readXml(pages[0].description);
    if (page === pages[0]) return scaleOf(said);
    // Spacings are those of the tiled pages in turn; others have none.
    const tiled = pages.filter(({ tiled }) => tiled);
    const fits = tiled.length === said.levels.length;
    const spacing = fits ? said.levels[tiled.indexOf(page)] : undefined;
    return spacing ? scaleOf({ levels: [spacing] }) : {};
  },
};

/** Pictures that the XML may contain as text, and what they are. */
const IN_XML: { readonly [type: string]: string } = {
  LABELIMAGE: "label",
  MACROIMAGE: "macro",
};

/** Millimeters between rows, and between columns. */
type Spacing = readonly [y: number, x: number];

/** What the XML says. */
interface Said {
  /** The spacing of the slide. */
  readonly whole?: Spacing;
  /** The spacing of each level, the finest first; `undefined` where it has none. */
  readonly levels: readonly (Spacing | undefined)[];
  /** The types of the pictures. */
  readonly pictures: ReadonlySet<string>;
}

function readXml(description: string): Said {
  const root = parseXml(description);
  const objects = (within: XmlElement, type: string) =>
    [...descendants(within, "DataObject")].filter((each) =>
      each.attributes.ObjectType === type
    );
  const images = objects(root, "DPScannedImage");
  const typeOf = (image: XmlElement) =>
    valueOf(image, "PIM_DP_IMAGE_TYPE") ?? "";
  const slide = images.find((image) => typeOf(image) === "WSI");
  const levels = objects(slide ?? root, "PixelDataRepresentation").map(
    (level) => ({
      number: Number(
        valueOf(level, "PIIM_DP_PIXEL_DATA_REPRESENTATION_NUMBER"),
      ),
      spacing: parseSpacing(valueOf(level, "DICOM_PIXEL_SPACING")),
    }),
  ).sort((a, b) => a.number - b.number).map(({ spacing }) => spacing);
  return {
    whole: parseSpacing(slide && valueOf(slide, "DICOM_PIXEL_SPACING")),
    levels,
    pictures: new Set(images.map(typeOf)),
  };
}

/** The levels as their spacings say; none if a level has no spacing. */
function bySpacing(
  pages: readonly TiffPage[],
  spacings: Said["levels"],
): Level[] {
  const [main] = pages;
  const [finest] = spacings;
  if (!finest || pages.length !== spacings.length) return [];
  return pages.map((page, i) => {
    const [down, across] = finest.map((mm, axis) =>
      Math.round((spacings[i]?.[axis] ?? NaN) / mm)
    );
    const downsample = across === down ? across : NaN;
    const size = i === 0
      ? { width: main.width, height: main.height, downsample: 1 }
      : paddedLevel(main, downsample);
    return { picture: [page], ...size };
  });
}

/** Whether a page is as large as its spacing says, padded to whole tiles: a damaged XML may say anything. */
function fitsPage({ picture: [page], width, height }: Level): boolean {
  const isPadded = (side: number, stored: number, tile: number): boolean =>
    side <= stored && stored <= side + tile;
  return isPadded(width, page.width, page.blockWidth) &&
    isPadded(height, page.height, page.blockHeight);
}

function scaleOf(
  { whole, levels: [finest] }: Pick<Said, "whole" | "levels">,
): { mpp?: TiffLayout["mpp"]; warnings: string[] } {
  const differs = whole && finest &&
    whole.some((mm, axis) => Math.abs(mm / finest[axis] - 1) > 0.02);
  if (differs) {
    const warning =
      `its XML has two pixel spacings, ${whole} mm for the slide and ${finest} mm for its finest level: neither is used`;
    return { warnings: [warning] };
  }
  const [y, x] = (whole ?? finest ?? []).map((mm) => mm * 1000);
  return isPlausible(x) && isPlausible(y)
    ? {
      mpp: { x, y, source: "DICOM_PIXEL_SPACING in the XML" },
      warnings: [],
    }
    : { warnings: ["its XML has no pixel spacing"] };
}

/** The text of an element's own attribute, as Philips writes them. */
function valueOf(object: XmlElement, name: string): string | undefined {
  return object.children.find((child) =>
    child.name === "Attribute" && child.attributes.Name === name
  )?.text.trim();
}

/** `"0.00025" "0.00025"`, with its quotes. */
function parseSpacing(text: string | undefined): Spacing | undefined {
  const [y, x] = (text?.split('"') ?? []).map(parseNumber)
    .filter((value) => value !== undefined);
  return y !== undefined && x !== undefined && y > 0 && x > 0
    ? [y, x]
    : undefined;
}
