import { MAX_SIDE } from "../../io/limits.ts";
import { intersect } from "../blocks.ts";
import type { TiffPage } from "../tiff/tiff_page.ts";
import { wholeFactor } from "./find_levels.ts";
import type { Level } from "./layout.ts";
import {
  damaged,
  type LeicaCollection,
  type LeicaDimension,
  type LeicaImage,
} from "./leica_xml.ts";

/** An area of the canvas, and its pages, the finest first. */
export interface LeicaArea {
  readonly image: LeicaImage;
  readonly dimensions: readonly LeicaDimension[];
}

/** How far lengths may differ that should be equal, as scanners round: this share, or so many pixels. */
export const TOLERANCE = { share: 0.02, pixels: 2 };

/** Whether two lengths in pixels are equal but for rounding. */
export function isNear(a: number, b: number): boolean {
  return Math.abs(a - b) <= Math.max(TOLERANCE.pixels, b * TOLERANCE.share);
}

/** Nanometers per pixel of an area's page. */
export function nanometers(
  { image, dimensions }: LeicaArea,
  rank = 0,
): number {
  return image.view.width / dimensions[rank].width;
}

/** The area with the smallest pixels, which are those of the canvas. */
export function finestOf(areas: readonly LeicaArea[], rank = 0): LeicaArea {
  return areas.reduce((least, area) =>
    nanometers(area, rank) < nanometers(least, rank) ? area : least
  );
}

/**
 * Joins the areas' pages to levels, matched in the order of their sizes. Levels that not all areas have, or that differ in
 * scale, are left out.
 */
export function stackLevels(
  areas: readonly LeicaArea[],
  collection: LeicaCollection,
): { levels: Level[]; left: Map<TiffPage, string> } {
  const left = new Map<TiffPage, string>();
  const levels = [placeLevel(areas, { rank: 0, factor: 1, collection })];
  const depth = Math.max(...areas.map(({ dimensions }) => dimensions.length));
  for (let rank = 1; rank < depth; rank++) {
    const here = areas.filter(({ dimensions }) => rank in dimensions);
    const isWhole = here.length === areas.length;
    const factor = isWhole ? factorOf(areas, rank) : NaN;
    const why = !isWhole
      ? "not all areas have this level"
      : factor <= levels.at(-1)!.downsample
      ? "another level has its size"
      : misfit(areas, { rank, factor });
    if (why === undefined) {
      levels.push(placeLevel(areas, { rank, factor, collection }));
    } else {here.forEach(({ dimensions }) =>
        left.set(dimensions[rank].page, why)
      );}
  }
  return { levels, left };
}

/** The downsample of a level: a whole factor, if one explains the sizes of all areas. */
function factorOf(areas: readonly LeicaArea[], rank: number): number {
  const ratio = nanometers(finestOf(areas, rank), rank) /
    nanometers(finestOf(areas));
  const copies = areas.map(({ dimensions }) => ({
    main: dimensions[0],
    page: dimensions[rank],
  }));
  return wholeFactor(ratio, copies) ?? ratio;
}

/** Why pages of the areas are not a level of the slide. */
function misfit(
  areas: readonly LeicaArea[],
  { rank, factor }: { readonly rank: number; readonly factor: number },
): string | undefined {
  const nm = nanometers(finestOf(areas)) * factor;
  for (const { image: { view, name }, dimensions } of areas) {
    const { width, height, page } = dimensions[rank];
    if (page.width !== width || page.height !== height) {
      return `the XML says ${width}×${height} px for ${page.place}`;
    }
    if (!isNear(view.width / nm, width) || !isNear(view.height / nm, height)) {
      return `the level of image "${name}" is of another scale`;
    }
  }
}

/**
 * Places the areas on the canvas of a level.
 *
 * @throws {XmlError} If the canvas is too large, or an area lies outside of it.
 */
function placeLevel(
  areas: readonly LeicaArea[],
  { rank, factor, collection }: {
    readonly rank: number;
    readonly factor: number;
    readonly collection: LeicaCollection;
  },
): Level {
  const { image, dimensions } = finestOf(areas);
  // Multiplied first, so that whole pixels stay whole.
  const toPixels = (nm: number) =>
    nm * dimensions[0].width / (image.view.width * factor);
  const canvas = {
    width: Math.ceil(toPixels(collection.width)),
    height: Math.ceil(toPixels(collection.height)),
  };
  if (Math.max(canvas.width, canvas.height) > MAX_SIDE) {
    throw damaged(
      `its collection has ${canvas.width}×${canvas.height} px, and a side has at most ${MAX_SIDE}`,
    );
  }
  const placed = areas.map(({ image: { view, name }, dimensions }) => {
    const { page, width, height } = dimensions[rank];
    const [x, y] = [view.x, view.y].map((nm) => Math.trunc(toPixels(nm)));
    const area = { picture: [page], x, y, width, height };
    if (rank > 0 || intersect(area, { ...canvas, x: 0, y: 0 })) return area;
    throw damaged(`image "${name}" lies outside of the collection`);
  });
  const { picture } = placed[0];
  return { ...canvas, picture, downsample: factor, areas: placed };
}
