import { cannot } from "../../errors/cannot.ts";
import { countColors } from "../check_page.ts";
import { boundingBox } from "../blocks.ts";
import { nameOf } from "../encoding.ts";
import { propertiesOf } from "../properties.ts";
import type { TiffPage } from "../tiff/tiff_page.ts";
import { parseXml } from "../xml.ts";
import {
  isPlausible,
  type Level,
  resolutionScale,
  type TiffFile,
  type TiffKind,
  type TiffLayout,
} from "./layout.ts";
import {
  finestOf,
  isNear,
  type LeicaArea,
  nanometers,
  stackLevels,
  TOLERANCE,
} from "./leica_levels.ts";
import {
  damaged,
  type LeicaCollection,
  type LeicaDimension,
  type LeicaImage,
  readLeicaXml,
} from "./leica_xml.ts";

const NAMESPACE = /http:\/\/www\.leica-microsystems\.com\/scn\/([\w/.-]*)/;
const VERSIONS = ["2010/03/10", "2010/10/01"];

const HINT =
  "export one area as TIFF, convert it with bfconvert -series N (Bio-Formats), or select one page with --page N (openSlide's page)";

/**
 * Leica's SCN. The XML of the first page is a collection of images, placed in nanometers. The image as large as the
 * collection is the macro; the others are areas of one canvas, each with reduced pages of its own. Of focal planes, that of
 * number 0 is the slide.
 *
 * Source: OpenSlide's notes on Leica SCN, and its public issues.
 */
export const LEICA: TiffKind = {
  name: "Leica SCN",
  detect: ({ pages }) => NAMESPACE.test(pages[0]?.description ?? ""),
  layout({ pages }: TiffFile): TiffLayout {
    const [{ description }] = pages;
    const version = description.match(NAMESPACE)![1];
    if (!VERSIONS.includes(version)) {
      throw unsupported(`of the unknown version "${version.slice(0, 40)}"`);
    }
    const collection = readLeicaXml(parseXml(description), pages);
    const { macro, images } = splitImages(collection);
    const warnings = images.flatMap(checkLight);
    const areas = images.map(readArea);
    checkScales(areas);
    const { levels, left } = stackLevels(areas, collection);
    const associated = [
      ...macro ? [{ name: "macro", page: finestPage(macro) }] : [],
      ...collection.supplements,
    ];
    const used = new Set([
      ...levels.flatMap(({ areas = [] }) =>
        areas.map((area) => area.picture[0])
      ),
      ...associated.map(({ page }) => page),
    ]);
    const whyNot = (page: TiffPage): string =>
      left.get(page) ?? explain(page, { macro, images });
    const scale = scaleOf(areas);
    const powers = [...new Set(images.map(({ power }) => power))];
    return {
      levels,
      bounds: boundingBox(levels[0].areas!),
      properties: propertiesOf("leica", collection.told),
      associated,
      ignored: pages.filter((page) => !used.has(page))
        .map((page) => ({ what: nameOf(page), why: whyNot(page) })),
      mpp: scale.mpp,
      objectivePower: powers.length === 1 && powers[0] !== undefined
        ? { value: powers[0], source: "objective in the XML" }
        : undefined,
      warnings: [
        ...warnings,
        ...scale.warnings,
        ...findCut(levels[0], images),
      ],
    };
  },
};

function unsupported(what: string): Error {
  return cannot(
    "find the slide",
    `it is a Leica SCN file ${what}, which is not supported: ${HINT}`,
    { kind: TypeError },
  );
}

/** Tells the macro from the areas. */
function splitImages(
  { images, width, height }: LeicaCollection,
): { macro?: LeicaImage; images: LeicaImage[] } {
  const macros = images.filter(({ view }) =>
    view.x === 0 && view.y === 0 && view.width === width &&
    view.height === height
  );
  if (macros.length > 1) {
    const [first, second] = macros;
    throw unsupported(
      `with ${macros.length} images as large as the collection ("${first.name}" and "${second.name}"), one of which is the macro`,
    );
  }
  const areas = images.filter((image) => !macros.includes(image));
  if (areas.length === 0) throw unsupported("without areas beside the macro");
  return { macro: macros[0], images: areas };
}

/** Refuses other light than brightfield. */
function checkLight({ light, name, dimensions }: LeicaImage): string[] {
  if (light !== undefined && light !== "brightfield") {
    throw unsupported(`of ${light} (image "${name}")`);
  }
  const channels = new Set(dimensions.map(({ c }) => c));
  if (channels.size > 1 || !(channels.has("") || channels.has("0"))) {
    throw unsupported(
      `of fluorescence, ${channels.size} channels (image "${name}")`,
    );
  }
  if (dimensions.some(({ page }) => countColors(page) !== 3)) {
    throw unsupported(`whose image "${name}" is not in color`);
  }
  return light !== undefined ? [] : [
    `its XML has no light source for image "${name}", which is taken as brightfield, since it is in color`,
  ];
}

/** The pages of the focal plane that is the slide, the finest first. */
function inFocus({ dimensions }: LeicaImage): LeicaDimension[] {
  return dimensions.filter(({ z }) => z === "" || z === "0")
    .sort((a, b) => b.width - a.width);
}

function readArea(image: LeicaImage): LeicaArea {
  const { name } = image;
  const dimensions = inFocus(image);
  if (dimensions.length === 0) {
    const planes = [...new Set(image.dimensions.map(({ z }) => z))].join(", ");
    throw unsupported(
      `without a focal plane 0 (image "${name}" has z ${planes.slice(0, 60)})`,
    );
  }
  const twice = dimensions.find(({ width }, i) =>
    width === dimensions[i + 1]?.width
  );
  if (twice) {
    throw unsupported(
      `with several pages ${twice.width} px wide in image "${name}"`,
    );
  }
  const [{ width, height, page }] = dimensions;
  if (page.width !== width || page.height !== height) {
    throw damaged(
      `image "${name}" is ${width}×${height} px, but it has ${nameOf(page)}`,
    );
  }
  if (page.orientation > 1) {
    throw unsupported(`whose ${page.place} is turned or mirrored`);
  }
  return { image, dimensions };
}

/** Areas share a canvas only if their pixels are square and of one size. */
function checkScales(areas: readonly LeicaArea[]): void {
  const describe = (area: LeicaArea) =>
    `"${area.image.name}" has ${show(nanometers(area))}`;
  const finest = finestOf(areas);
  const most = nanometers(finest) * (1 + TOLERANCE.share);
  const other = areas.find((area) => nanometers(area) > most);
  if (other) {
    throw unsupported(
      `whose areas are of different resolutions (${describe(finest)}, and ${
        describe(other)
      } nm per pixel)`,
    );
  }
  for (const area of areas) {
    const { image: { view, name }, dimensions: [{ height }] } = area;
    if (isNear(view.height / nanometers(area), height)) continue;
    throw unsupported(
      `whose image "${name}" has pixels of ${show(nanometers(area))}×${
        show(view.height / height)
      } nm`,
    );
  }
}

function finestPage(image: LeicaImage): TiffPage {
  const [{ page }] = [...inFocus(image), ...image.dimensions];
  return page;
}

/** Why a page is neither a level nor beside the slide. */
function explain(
  page: TiffPage,
  { macro, images }: {
    readonly macro?: LeicaImage;
    readonly images: readonly LeicaImage[];
  },
): string {
  const isOf = (image: LeicaImage) =>
    image.dimensions.find((each) => each.page === page);
  const plane = images.map(isOf).find((each) => each)?.z;
  if (plane) return `its focal plane is z ${plane}, and the slide's is z 0`;
  return macro && isOf(macro)
    ? "it is a further page of the macro"
    : "its XML does not mention it";
}

/** The scale in the resolution tags, or that of the views; none if they differ. */
function scaleOf(
  areas: readonly LeicaArea[],
): { mpp?: TiffLayout["mpp"]; warnings: string[] } {
  const [{ image: { view }, dimensions: [{ page, width, height }] }] = areas;
  const [x, y] = [view.width / width / 1000, view.height / height / 1000];
  const tags = resolutionScale(page);
  const said = isPlausible(x) && isPlausible(y)
    ? { x, y, source: "view in the XML" }
    : undefined;
  const differs = tags && said && [tags.x / x, tags.y / y]
    .some((ratio) => Math.abs(ratio - 1) > TOLERANCE.share);
  return differs
    ? {
      warnings: [
        `its resolution tags say ${show(tags.x)} µm per pixel, and its XML ${
          show(x)
        }: neither is used`,
      ],
    }
    : { mpp: tags ?? said, warnings: [] };
}

/** Warns of areas that are not all on the canvas. */
function findCut(
  { width, height, areas = [] }: Level,
  images: readonly LeicaImage[],
): string[] {
  return areas.flatMap((area, i) => {
    const beyond = Math.max(
      -area.x,
      -area.y,
      area.x + area.width - width,
      area.y + area.height - height,
    );
    return beyond > TOLERANCE.pixels
      ? [
        `image "${
          images[i].name
        }" reaches ${beyond} px beyond the collection, where it is cut off`,
      ]
      : [];
  });
}

function show(value: number): string {
  return String(Number(value.toPrecision(4)));
}
