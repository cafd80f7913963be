import { reasonOf } from "../../errors/cannot.ts";
import { base64Source } from "../base64_source.ts";
import { type Properties, propertiesOf } from "../properties.ts";
import type { TiffPage } from "../tiff/tiff_page.ts";
import { descendants, parseXml, type XmlElement } from "../xml.ts";
import { findLevels, paddedLevel } from "./find_levels.ts";
import { nameOf } from "../encoding.ts";
import type { AssociatedPicture, Ignored } from "./format.ts";
import {
  type AssociatedPage,
  isPlausible,
  type Level,
  parseNumber,
  type TiffFile,
  type TiffKind,
  type TiffLayout,
} from "./layout.ts";
import { pictureBeside } from "./picture.ts";

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
  async layout({ pages }: TiffFile): Promise<TiffLayout> {
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
    const { embedded, unread } = await readEmbedded(said, associated);
    return {
      levels: found.levels,
      ignored: [...ignored, ...unread, ...found.ignored],
      associated,
      embedded,
      properties: said.properties,
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
  /** The data of pictures beside the slide, in base64, by their type; empty if there are none. */
  readonly pictures: ReadonlyMap<string, string>;
  readonly properties: Properties;
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
    pictures: new Map(
      images.map((
        image,
      ) => [typeOf(image), valueOf(image, "PIM_DP_IMAGE_DATA") ?? ""]),
    ),
    properties: propertiesOf(
      "philips",
      [root, ...slide ? [slide] : []].flatMap(plainValues),
    ),
  };
}

/** The attributes of an object that are neither lists of objects nor pictures. */
function plainValues(object: XmlElement): [name: string, value: string][] {
  return object.children.filter(({ name, attributes, children }) =>
    name === "Attribute" && attributes.Name !== "PIM_DP_IMAGE_DATA" &&
    children.length === 0
  ).map(({ attributes, text }) => [attributes.Name ?? "", text]);
}

/** Opens the pictures that are in the XML, and in no page of their own. */
async function readEmbedded(
  { pictures }: Said,
  associated: readonly AssociatedPage[],
): Promise<{ embedded: AssociatedPicture[]; unread: Ignored[] }> {
  const embedded: AssociatedPicture[] = [];
  const unread: Ignored[] = [];
  for (const [type, name] of Object.entries(IN_XML)) {
    const text = pictures.get(type);
    if (text === undefined || associated.some((each) => each.name === name)) {
      continue;
    }
    const place = `${type} in the XML`;
    try {
      embedded.push(
        await pictureBeside(base64Source(text), { name, place }),
      );
    } catch (error) {
      unread.push({ what: place, why: reasonOf(error) });
    }
  }
  return { embedded, unread };
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
