import { failureOf, reasonOf } from "../../../errors/cannot.ts";
import { nameOf } from "../../encoding.ts";
import type { TiffPage } from "../../tiff/tiff_page.ts";
import { fitLevel } from "../find_levels.ts";
import type { Ignored } from "../format.ts";
import {
  type AssociatedPage,
  type Level,
  resolutionScale,
  type TiffFile,
  type TiffKind,
  type TiffLayout,
} from "../layout.ts";
import { refuseStack } from "../unread.ts";
import { openJpegPage, refuseEncoding } from "./ndpi_level.ts";

/** How far the sides of a level may be from what its lens says, in pixels, and as a part of the side. */
const ROUNDING = { pixels: 2, part: 0.01 };

/**
 * Hamamatsu's NDPI: each page is one JPEG. Tag 65421 is the lens it was taken with or reduced to (-1 for the macro, -2 for a map of the
 * scanned area), 65424 the distance of its focal plane in nanometers: that at 0 is the slide.
 *
 * Source: the notes on NDPI of OpenSlide and of ndpitools.
 */
export const HAMAMATSU: TiffKind = {
  name: "Hamamatsu NDPI",
  detect: ({ pages }) => pages[0]?.ndpi !== undefined,
  async layout({ pages }: TiffFile): Promise<TiffLayout> {
    const { main, reduced, focus } = findPlane(pages);
    refuseEncoding(main);
    const warnings = planeWarning(pages, focus);
    const ignored: Ignored[] = [];
    const opened = await Promise.all(
      [main, ...reduced].map((page) => openLevel(page, page === main)),
    );
    const [{ level: finest }] = opened as { level: Level }[];
    const levels = [finest];
    for (const { page, level, why, warning } of opened) {
      const placed = level && level !== finest &&
        placeLevel(level, { finest, ratio: lensOf(main) / lensOf(page) });
      if (warning) warnings.push(warning);
      if (level === finest) continue;
      const other = placed &&
        levels.some(({ downsample }) => downsample === placed.downsample);
      if (placed && !other) levels.push(placed);
      else {
        ignored.push({
          what: nameOf(page),
          why: why ??
            (other
              ? "another level has its size"
              : "no downsample explains its sides"),
        });
      }
    }
    const known = [main, ...reduced];
    ignored.push(
      ...pages.filter((page) => !known.includes(page))
        .flatMap((page) => ignoredPage(page, focus)),
    );
    return {
      levels: levels.sort((a, b) => a.downsample - b.downsample),
      ignored,
      warnings,
      associated: pages.flatMap(associatedPage),
      ...await describe(main),
    };
  },
  async layOutPage(_, page): Promise<TiffLayout | undefined> {
    if (!page.ndpi || page.compression !== 7) return undefined;
    const { level, warning } = await openJpegPage(page);
    const warnings = warning ? [warning] : [];
    return { levels: [level], warnings, ...await describe(page) };
  },
};

const lensOf = ({ ndpi }: TiffPage): number => ndpi?.lens ?? 0;
const focusOf = ({ ndpi }: TiffPage): number => ndpi?.focus ?? 0;

/** Finds the pages of one focal plane: that at 0, or the nearest to it. */
function findPlane(
  pages: readonly TiffPage[],
): { main: TiffPage; reduced: TiffPage[]; focus: number } {
  const scans = pages.filter((page) => lensOf(page) > 0);
  if (scans.length === 0) {
    throw refuseStack("no page of a lens (Hamamatsu NDPI)", pages);
  }
  const power = scans.reduce((most, page) => Math.max(most, lensOf(page)), 0);
  const focus = scans.filter((page) => lensOf(page) === power).map(focusOf)
    .reduce((least, z) => Math.abs(z) < Math.abs(least) ? z : least);
  const plane = scans.filter((page) => focusOf(page) === focus);
  const same = plane.filter((page) => lensOf(page) === power);
  if (same.length > 1) {
    throw refuseStack(
      `${same.length} pages of lens ${power} at one focus (Hamamatsu NDPI, possibly fluorescence)`,
      same,
    );
  }
  const reduced = plane.filter((page) => !same.includes(page))
    .sort((a, b) => lensOf(b) - lensOf(a));
  return { main: same[0], reduced, focus };
}

/** Says which focal plane is read if none is at 0. */
function planeWarning(pages: readonly TiffPage[], focus: number): string[] {
  if (focus === 0) return [];
  const planes = new Set(
    pages.filter((page) => lensOf(page) > 0).map(focusOf),
  );
  return [
    `none of its ${planes.size} focal planes is at 0: the one at ${focus} nm is read, and --page N (openSlide's page) opens another`,
  ];
}

interface OpenedPage {
  readonly page: TiffPage;
  readonly level?: Level;
  readonly warning?: string;
  /** Why it cannot be a level. */
  readonly why?: string;
}

/** Opens a level; one that cannot be read is left out, unless it is the finest. */
async function openLevel(
  page: TiffPage,
  isFinest: boolean,
): Promise<OpenedPage> {
  try {
    refuseEncoding(page);
    return { page, ...await openJpegPage(page) };
  } catch (error) {
    if (isFinest || !failureOf(error)) throw error;
    return { page, why: reasonOf(error) };
  }
}

/** A level with its downsample: as its lens says, if its sides agree, else as its sides say. */
function placeLevel(
  level: Level,
  { finest, ratio }: { readonly finest: Level; readonly ratio: number },
): Level | undefined {
  const downsample = Math.round(ratio);
  const fits = (whole: number, part: number) => {
    const error = Math.abs(whole / downsample - part);
    return error < ROUNDING.pixels || error < part * ROUNDING.part;
  };
  const isWhole = Math.abs(ratio / downsample - 1) < ROUNDING.part;
  if (
    downsample > 1 && isWhole && fits(finest.width, level.width) &&
    fits(finest.height, level.height)
  ) return { ...level, downsample };
  const fit = fitLevel(finest, level.picture[0]);
  return fit && fit.downsample > 1 ? { ...level, ...fit } : undefined;
}

function associatedPage(page: TiffPage): AssociatedPage[] {
  if (lensOf(page) === -1) return [{ name: "macro", page }];
  return lensOf(page) === -2 ? [{ name: "map", page }] : [];
}

function ignoredPage(page: TiffPage, focus: number): Ignored[] {
  if (associatedPage(page).length > 0) return [];
  const why = lensOf(page) > 0
    ? `its focal plane is ${focusOf(page) - focus} nm from the slide's`
    : "it has no lens tag";
  return [{ what: nameOf(page), why }];
}

/** Scale, magnification and properties of a page. */
async function describe(
  page: TiffPage,
): Promise<Pick<TiffLayout, "mpp" | "objectivePower" | "properties">> {
  const found = await page.ndpi?.loadProperties?.() ?? {};
  const lens = lensOf(page);
  return {
    mpp: resolutionScale(page),
    ...(lens > 0 && { objectivePower: { value: lens, source: "tag 65421" } }),
    properties: Object.fromEntries(
      Object.entries(found).map(([key, value]) => [`hamamatsu.${key}`, value]),
    ),
  };
}
