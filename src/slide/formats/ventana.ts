import { cannot, reasonOf } from "../../errors/cannot.ts";
import { MAX_SIDE } from "../../io/limits.ts";
import { boundingBox } from "../blocks.ts";
import { nameOf } from "../encoding.ts";
import type { Region } from "../slide.ts";
import { lengthOf, placeTiles, type TileArea } from "../tiff/place_tiles.ts";
import { propertiesOf } from "../properties.ts";
import type { TiffPage } from "../tiff/tiff_page.ts";
import { descendant, parseXml, type XmlElement } from "../xml.ts";
import { findLevels } from "./find_levels.ts";
import type { Ignored } from "./format.ts";
import {
  isPlausible,
  type Level,
  parseNumber,
  type TiffFile,
  type TiffKind,
  type TiffLayout,
} from "./layout.ts";
import { refuseStack } from "./unread.ts";
import { HINT, readAreas } from "./ventana_areas.ts";

/**
 * Ventana's BIF. The page described as `level=0` has an XML that says where tiles belong: areas on one canvas, in which tiles
 * overlap. Pages of other levels contain the same tiles reduced, overlaps included. Files exported without that XML have none.
 *
 * Source: the notes on Ventana of OpenSlide, which takes one overlap for all tiles as well; Roche's notes on BIF (iScan, EncodeInfo).
 */
export const VENTANA: TiffKind = {
  name: "Ventana BIF",
  detect: ({ pages }) =>
    pages.some(({ xmp }) => xmp.includes("<iScan")) &&
    (hasOverlaps(pages) || pages.some((page) => numberOf(page) !== undefined)),
  layout({ pages }: TiffFile): TiffLayout {
    const scan = find(pages, "iScan");
    const main = findMain(pages, scan);
    const reduced = pages.filter((page) => (numberOf(page) ?? 0) > 0)
      .sort((a, b) => numberOf(a)! - numberOf(b)!);
    const names = new Map(pages.map((page) => [page, roleOf(page)]));
    const ignored: Ignored[] = pages.filter((page) =>
      page !== main && !reduced.includes(page) && !names.get(page)
    ).map((page) => ({
      what: nameOf(page),
      why: "its description names no level",
    }));
    const associated = pages.flatMap((page) => {
      const name = names.get(page);
      return name ? [{ name, page }] : [];
    });
    const told = describe(scan);
    const info = hasOverlaps(pages) && find([main], "EncodeInfo");
    if (!info) {
      const found = findLevels([main], reduced.map((page) => [page]));
      ignored.push(...found.ignored);
      return { ...told, levels: found.levels, associated, ignored };
    }
    const { areas, warnings } = readAreas(info, main);
    const levels = [placeLevel(main, { areas, downsample: 1 })];
    checkSides(levels[0]);
    for (const page of reduced) {
      const factor = factorOf(main, page);
      const why = factor === undefined
        ? "its magnification is not the slide's divided by a whole number"
        : factor <= levels.at(-1)!.downsample
        ? "it is not coarser than the level before it"
        : !holds(page, { areas, downsample: factor })
        ? "it is too small for all tiles"
        : undefined;
      if (why) ignored.push({ what: nameOf(page), why });
      else levels.push(placeLevel(page, { areas, downsample: factor! }));
    }
    return {
      ...told,
      levels,
      bounds: boundsOf(areas),
      associated,
      ignored,
      warnings: [...told.warnings ?? [], ...warnings],
    };
  },
  describePage({ pages }, page) {
    if (numberOf(page) === undefined || !hasOverlaps(pages)) return {};
    throw cannot(
      "find the slide",
      "a level's page of a Ventana BIF file contains tiles that overlap: open the slide without --page (openSlide's page)",
      { kind: TypeError },
    );
  },
};

function hasOverlaps(pages: readonly TiffPage[]): boolean {
  return pages.some(({ xmp }) => xmp.includes("<EncodeInfo"));
}

/** The number of the level that a page contains: `level=0 mag=40 quality=90`. */
function numberOf({ description }: TiffPage): number | undefined {
  return parseNumber(description.match(/\blevel\s*=\s*(\d+)/)?.[1]);
}

function magnificationOf({ description }: TiffPage): number | undefined {
  return parseNumber(description.match(/\bmag\s*=\s*(\S+)/)?.[1]);
}

function roleOf(page: TiffPage): string | undefined {
  if (numberOf(page) !== undefined) return undefined;
  const text = page.description.trim();
  if (/^label[ _]image/i.test(text)) return "macro"; // of the whole glass
  return text.match(/^(thumbnail|probability)/i)?.[1].toLowerCase();
}

/** The first element of a name in the XML of pages. */
function find(
  pages: readonly TiffPage[],
  name: string,
): XmlElement | undefined {
  const page = pages.find(({ xmp }) => xmp.includes(`<${name}`));
  if (!page) return undefined;
  try {
    const root = parseXml(page.xmp);
    return root.name === name ? root : descendant(root, name);
  } catch (cause) {
    throw cannot("find the slide", `${reasonOf(cause)}: ${HINT}`, {
      kind: SyntaxError, // not one that a single page gets around
      cause,
    });
  }
}

/** The page of the finest level, if there is one, and no more. */
function findMain(
  pages: readonly TiffPage[],
  scan: XmlElement | undefined,
): TiffPage {
  const finest = pages.filter((page) => numberOf(page) === 0);
  const planes = Number(scan?.attributes["Z-layers"] ?? 1);
  if (finest.length > 1 || planes > 1) {
    throw refuseStack(
      `${Math.max(finest.length, planes)} focal planes (Ventana BIF)`,
      finest.length > 0 ? finest : pages,
    );
  }
  const [main] = finest;
  if (main?.tiled && hasOverlaps(pages) === hasOverlaps([main])) {
    return main;
  }
  const why = !main
    ? "none of its pages is described as level=0"
    : main.tiled
    ? "the page of level 0 has no EncodeInfo, which says where tiles belong"
    : "the page of level 0 is not tiled";
  throw cannot(
    "find the slide",
    `it is a Ventana BIF file, but ${why}: ${HINT}`,
    { kind: TypeError },
  );
}

/** The whole number that divides the slide's magnification. */
function factorOf(main: TiffPage, page: TiffPage): number | undefined {
  const [whole, part] = [magnificationOf(main), magnificationOf(page)];
  if (!(whole && part)) return undefined;
  const factor = Math.round(whole / part);
  // Magnifications are rounded: 0.156 for 40 / 256.
  const isNear = Math.abs(whole / part / factor - 1) < 0.01;
  return isNear && factor <= MAX_SIDE ? factor : undefined;
}

/** The box around the areas: Pos-X counts from the edge of the glass. */
function boundsOf(areas: readonly TileArea[]): Region {
  return boundingBox(areas.map(({ across, down }) => ({
    x: across.start,
    y: down.start,
    width: lengthOf(across),
    height: lengthOf(down),
  })));
}

interface Placing {
  readonly areas: readonly TileArea[];
  readonly downsample: number;
}

function placeLevel(page: TiffPage, { areas, downsample }: Placing): Level {
  const side = (key: "across" | "down") => {
    const end = areas.reduce(
      (most, { [key]: axis }) => Math.max(most, axis.start + lengthOf(axis)),
      0,
    );
    return Math.ceil(end / downsample - 1e-6); // sums of fractions
  };
  return {
    picture: [page],
    width: side("across"),
    height: side("down"),
    downsample,
    place: (blocks) => placeTiles(blocks, { page, areas, downsample }),
  };
}

/** Whether a page is large enough for all tiles. */
function holds(page: TiffPage, { areas, downsample }: Placing): boolean {
  return areas.every(({ across, down }) =>
    (across.first + across.count) * across.tile / downsample <= page.width &&
    (down.first + down.count) * down.tile / downsample <= page.height
  );
}

function checkSides({ width, height }: Level): void {
  if (width <= MAX_SIDE && height <= MAX_SIDE) return;
  throw cannot(
    "find the slide",
    `its areas take ${width}×${height} px, more than ${MAX_SIDE} px a side`,
    { kind: RangeError },
  );
}

/** What the scanner's XML says of scale, objective and background. */
function describe(
  scan: XmlElement | undefined,
): Partial<TiffLayout> {
  const { ScanRes, Magnification, ScanWhitePoint } = scan?.attributes ?? {};
  const mpp = parseNumber(ScanRes);
  const power = parseNumber(Magnification);
  const white = Number(ScanWhitePoint || 255);
  const isWhite = Number.isInteger(white) && white > 0 && white < 256;
  return {
    properties: propertiesOf("ventana", Object.entries(scan?.attributes ?? {})),
    mpp: isPlausible(mpp)
      ? { x: mpp, y: mpp, source: `iScan "ScanRes=${ScanRes}"` }
      : undefined,
    objectivePower: power && power > 0 && power < 1000
      ? { value: power, source: `iScan "Magnification"` }
      : undefined,
    background: isWhite ? [white, white, white] : undefined,
    warnings: ScanRes !== undefined && !isPlausible(mpp)
      ? [
        `its XML says "ScanRes=${ScanRes}", which is not a valid scale: ignored`,
      ]
      : [],
  };
}
