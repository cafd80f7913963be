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
    const spacings = readSpacings(pages[0].description);
    const spaced = spacings.length === tiled.length
      ? bySpacing(tiled, spacings)
      : [];
    const found = spaced.length > 0 && spaced.every(fitsPage)
      ? { levels: spaced, ignored: [] }
      : findLevels([main], rest.map((page) => [page]));
    return {
      levels: found.levels,
      ignored: [...ignored, ...found.ignored],
      associated,
      ...scaleOf(spacings[0]),
    };
  },
  describePage: ({ pages }) => scaleOf(readSpacings(pages[0].description)[0]),
};

/** Millimeters between rows, and between columns, of each level. */
type Spacing = readonly [y: number, x: number];

function readSpacings(description: string): Spacing[] {
  const root = parseXml(description);
  const isSlide = (image: XmlElement): boolean =>
    valueOf(image, "PIM_DP_IMAGE_TYPE") === "WSI";
  const slide = [...descendants(root, "DataObject")].find((each) =>
    each.attributes.ObjectType === "DPScannedImage" && isSlide(each)
  );
  const levels = [...descendants(slide ?? root, "DataObject")].filter((each) =>
    each.attributes.ObjectType === "PixelDataRepresentation"
  );
  const spacings = levels.map((level) => ({
    number: Number(valueOf(level, "PIIM_DP_PIXEL_DATA_REPRESENTATION_NUMBER")),
    spacing: parseSpacing(valueOf(level, "DICOM_PIXEL_SPACING")),
  })).sort((a, b) => a.number - b.number).map(({ spacing }) => spacing);
  const whole = parseSpacing(slide && valueOf(slide, "DICOM_PIXEL_SPACING"));
  const known = spacings.length > 0 ? spacings : [whole];
  return known.filter((spacing) => spacing !== undefined);
}

function bySpacing(
  pages: readonly TiffPage[],
  spacings: readonly Spacing[],
): Level[] {
  const [main] = pages;
  return pages.map((page, i) => {
    const downsample = Math.round(spacings[i][1] / spacings[0][1]);
    const size = i === 0
      ? { width: main.width, height: main.height, downsample: 1 }
      : paddedLevel(main, downsample);
    return { picture: [page], ...size };
  });
}

/** Whether a page is as large as its spacing says: a damaged XML may claim more. */
function fitsPage(
  { picture: [page], width, height, downsample }: Level,
): boolean {
  return width <= page.width && height <= page.height && downsample < Infinity;
}

function scaleOf(spacing: Spacing | undefined): Partial<TiffLayout> {
  const [y, x] = (spacing ?? []).map((mm) => mm * 1000);
  return isPlausible(x) && isPlausible(y)
    ? { mpp: { x, y, source: "DICOM_PIXEL_SPACING in the XML" } }
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
