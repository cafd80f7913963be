import { cannot } from "../../errors/cannot.ts";
import type { Region } from "../slide.ts";
import type { TiffPage } from "../tiff/tiff_page.ts";
import { descendant, descendants, type XmlElement, XmlError } from "../xml.ts";
import { type AssociatedPage, parseNumber } from "./layout.ts";

/** What the XML of a Leica SCN says: images on a canvas, measured in nanometers. */
export interface LeicaCollection {
  readonly width: number;
  readonly height: number;
  readonly images: readonly LeicaImage[];
  /** Further pages, by their type, such as `label`. */
  readonly supplements: readonly AssociatedPage[];
  /** What else it says, by the names of its elements and attributes. */
  readonly told: readonly (readonly [name: string, value: string])[];
}

/** An image, and where it lies in the collection. */
export interface LeicaImage {
  readonly name: string;
  /** Its place and size in nanometers. */
  readonly view: Region;
  readonly dimensions: readonly LeicaDimension[];
  /** The kind of light, such as `brightfield`. */
  readonly light?: string;
  /** Nominal magnification of the objective. */
  readonly power?: number;
}

/** A page of an image, and the size that the XML says. */
export interface LeicaDimension {
  readonly width: number;
  readonly height: number;
  readonly page: TiffPage;
  /** Its focal plane and its channel; empty if there are none. */
  readonly z: string;
  readonly c: string;
}

/** The error for XML that contradicts itself or its pages. */
export function damaged(reason: string): Error {
  return cannot("find the slide", `its Leica XML is damaged: ${reason}`, {
    kind: XmlError,
  });
}

/**
 * Reads the images of a collection, and finds their pages.
 *
 * @throws {XmlError} If sizes or pages are missing, or a page belongs to two images.
 */
export function readLeicaXml(
  root: XmlElement,
  pages: readonly TiffPage[],
): LeicaCollection {
  const collection = descendant(root, "collection");
  if (!collection) throw damaged("it has no collection");
  const images = [...descendants(collection, "image")].map((image, i) =>
    readImage(image, { number: i, pages })
  );
  const seen = new Set<TiffPage>();
  for (const { page } of images.flatMap(({ dimensions }) => dimensions)) {
    if (seen.has(page)) throw damaged(`it uses ${page.place} twice`);
    seen.add(page);
  }
  const supplements = [...descendants(collection, "supplementalImage")]
    .flatMap(({ attributes: { type = "", ifd = "" } }) => {
      const page = pageOf(ifd, pages);
      const name = type.trim().toLowerCase();
      return page && /^[a-z][a-z0-9_-]{0,29}$/.test(name) && !seen.has(page)
        ? [{ name, page }]
        : [];
    });
  return { ...sizeOf(collection), images, supplements, told: tell(collection) };
}

/** Elements that say something about the slide, with their attributes that do; of images that differ, all values. */
const TOLD: Readonly<Record<string, readonly string[]>> = {
  barcode: [],
  creationDate: [],
  device: ["model", "version"],
  objective: [],
  numericalAperture: [],
  illuminationSource: [],
};

function tell(collection: XmlElement): (readonly [string, string])[] {
  const { name = "", uuid = "" } = collection.attributes;
  const told: (readonly [string, string])[] = [
    ["collection.name", name],
    ["collection.uuid", uuid],
  ];
  for (const [element, attributes] of Object.entries(TOLD)) {
    const found = [...descendants(collection, element)];
    const add = (name: string, values: readonly string[]) =>
      told.push([name, [...new Set(values.filter(Boolean))].join(", ")]);
    add(element, found.map(({ text }) => text.trim()));
    for (const attribute of attributes) {
      add(
        `${element}.${attribute}`,
        found.map(({ attributes }) => attributes[attribute]?.trim() ?? ""),
      );
    }
  }
  return told;
}

function readImage(
  image: XmlElement,
  { number, pages }: {
    readonly number: number;
    readonly pages: readonly TiffPage[];
  },
): LeicaImage {
  const name = image.attributes.name?.slice(0, 60) || `${number}`;
  const view = descendant(image, "view");
  if (!view) throw damaged(`image "${name}" has no view`);
  const dimensions = [...descendants(image, "dimension")].map((each) => {
    const { ifd = "", z = "", c = "" } = each.attributes;
    const page = pageOf(ifd, pages);
    if (!page) {
      throw damaged(
        `image "${name}" has no page ${ifd.slice(0, 20)}, only 0 to ${
          pages.length - 1
        }`,
      );
    }
    return { ...sizeOf(each), page, z: z.trim(), c: c.trim() };
  });
  if (dimensions.length === 0) throw damaged(`image "${name}" has no pages`);
  const text = (name: string) => descendant(image, name)?.text.trim();
  const power = parseNumber(text("objective"));
  return {
    name,
    view: {
      ...sizeOf(view),
      x: numberOf(view, "offsetX"),
      y: numberOf(view, "offsetY"),
    },
    dimensions,
    light: text("illuminationSource")?.slice(0, 60).toLowerCase() || undefined,
    power: power && power > 0 && power < 1000 ? power : undefined,
  };
}

function sizeOf(element: XmlElement): { width: number; height: number } {
  const [width, height] = ["sizeX", "sizeY"].map((name) =>
    numberOf(element, name)
  );
  if (width > 0 && height > 0) return { width, height };
  throw damaged(`the size of its ${element.name} is ${width}×${height}`);
}

/** An attribute that is a whole number: nanometers, or pixels. */
function numberOf({ name, attributes }: XmlElement, attribute: string): number {
  const text = attributes[attribute]?.trim();
  const value = text ? Number(text) : NaN;
  if (Number.isSafeInteger(value)) return value;
  throw damaged(
    `${attribute} of its ${name} is ${
      text ? `"${text.slice(0, 20)}"` : "missing"
    }`,
  );
}

function pageOf(
  ifd: string,
  pages: readonly TiffPage[],
): TiffPage | undefined {
  return /^\d{1,9}$/.test(ifd.trim()) ? pages[Number(ifd)] : undefined;
}
