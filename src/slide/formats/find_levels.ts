import { reasonOf } from "../../errors/cannot.ts";
import {
  checkPage,
  type CheckPageOptions,
  countColors,
} from "../check_page.ts";
import type { TiffPage } from "../tiff/tiff_page.ts";
import { nameOf, type StoredPicture } from "../encoding.ts";
import type { Ignored } from "./format.ts";
import type { Level, Picture } from "./layout.ts";

/** Pixels of a picture. */
interface Size {
  readonly width: number;
  readonly height: number;
}

/**
 * Finds the reduced copies of a picture among candidates: the picture itself first, then the finest. A candidate that is not certainly a copy is left out, with the reason.
 */
export function findLevels(
  main: Picture,
  candidates: readonly Picture[],
  options: CheckPageOptions = {},
): { levels: Level[]; ignored: Ignored[] } {
  const { width, height } = main[0];
  const levels: Level[] = [{ picture: main, width, height, downsample: 1 }];
  const ignored: Ignored[] = [];
  const area = ([page]: Picture): number => page.width * page.height;
  for (const picture of [...candidates].sort((a, b) => area(b) - area(a))) {
    const [page] = picture;
    const fit = fitLevel(main[0], page);
    const why = unreadable(picture, options) ??
      (picture.length !== main.length ||
          countColors(page) !== countColors(main[0])
        ? "its colors are not the slide's"
        : !fit
        ? `its sides are 1/${show(width / page.width)} and 1/${
          show(height / page.height)
        } of the slide's, which no downsample explains`
        : fit.downsample <= 1
        ? "it is as large as the slide"
        : fit.downsample === levels.at(-1)!.downsample
        ? "another level has its size"
        : undefined);
    if (why) ignored.push({ what: nameOf(page), why });
    else levels.push({ picture, ...fit! });
  }
  return { levels, ignored };
}

/** The SubIFDs of a picture's pages: its reduced copies. */
export function subPictures(main: Picture): Picture[] {
  return main[0].children.map((_, i) => main.map((page) => page.children[i]))
    .filter((picture) => picture.every((page) => page !== undefined));
}

/** Pages in a row as pictures: of one page each, or of three. */
export function inRuns(pages: readonly TiffPage[], length: number): Picture[] {
  return Array.from(
    { length: Math.floor(pages.length / length) },
    (_, i) => pages.slice(i * length, (i + 1) * length),
  );
}

/**
 * The factor by which a copy is reduced. Writers round its sides, or pad them to whole tiles, like Philips and the CAMELYON
 * challenges: if the axes disagree by more than rounding, one must fit a whole factor, and the other must be padded for
 * the same factor.
 *
 * @returns `undefined` if no single factor explains both sides.
 */
export function fitLevel(
  main: Size,
  page: Pick<
    StoredPicture,
    "width" | "height" | "tiled" | "blockWidth" | "blockHeight"
  >,
): Omit<Level, "picture"> | undefined {
  const { width, height } = page;
  const ratio = Math.sqrt(main.width / width * (main.height / height));
  const whole = wholeFactor(ratio, [{ main, page }]);
  if (whole !== undefined) return { width, height, downsample: whole };
  const across = range(main.width, width);
  const down = range(main.height, height);
  // A factor, whole or not, that explains both sides.
  if (across.least <= down.most && down.least <= across.most) {
    const longer = main.width >= main.height
      ? main.width / width
      : main.height / height;
    return { width, height, downsample: longer };
  }
  if (!page.tiled) return undefined;
  const factors = [
    ...wholes(main.width, width).filter((factor) =>
      isPadded(main.height, { side: height, factor, tile: page.blockHeight })
    ),
    ...wholes(main.height, height).filter((factor) =>
      isPadded(main.width, { side: width, factor, tile: page.blockWidth })
    ),
  ];
  const exact = factors.filter((factor) =>
    main.width === width * factor || main.height === height * factor
  );
  const certain = exact.length > 0 ? exact : factors;
  if (certain.length !== 1) return undefined;
  return paddedLevel(main, certain[0]);
}

/** The whole factor near a ratio by which all copies are reduced, however they were rounded; `undefined` if there is none. */
export function wholeFactor(
  ratio: number,
  copies: readonly { readonly main: Size; readonly page: Size }[],
): number | undefined {
  const fits = (factor: number): boolean =>
    copies.every(({ main, page }) =>
      isRounded(main.width, page.width, factor) &&
      isRounded(main.height, page.height, factor)
    );
  // Many factors fit a level of a few pixels: pyramids are halved.
  const doubled = 2 ** Math.round(Math.log2(ratio));
  return [doubled, Math.round(ratio)].find(fits);
}

/** A padded level: pixels beyond the slide are cut off. */
export function paddedLevel(
  main: Size,
  downsample: number,
): Omit<Level, "picture"> {
  return {
    width: Math.max(1, Math.floor(main.width / downsample)),
    height: Math.max(1, Math.floor(main.height / downsample)),
    downsample,
  };
}

/** Less than a pixel, or up to two of a large side: some writers crop each level to even sides before halving it. */
function isRounded(whole: number, part: number, factor: number): boolean {
  const error = Math.abs(whole / factor - part);
  return error < 1 || (error <= 2 && error < part * 0.005);
}

/** The factors that explain one side, however it is rounded. */
function range(whole: number, part: number): { least: number; most: number } {
  return { least: whole / (part + 1), most: whole / Math.max(part - 1, 0.5) };
}

/** The whole factors among them. */
function wholes(whole: number, part: number): number[] {
  const { least, most } = range(whole, part);
  if (most - least > 4096) return []; // a side of a few pixels fits too many
  const found = [];
  for (let f = Math.max(1, Math.floor(least)); f <= most; f++) {
    if (isRounded(whole, part, f)) found.push(f);
  }
  return found;
}

function isPadded(
  whole: number,
  { side, factor, tile }: { side: number; factor: number; tile: number },
): boolean {
  return Math.ceil(Math.ceil(whole / factor) / tile) * tile === side;
}

function unreadable(
  picture: Picture,
  options: CheckPageOptions,
): string | undefined {
  try {
    for (const page of picture) checkPage(page, options);
  } catch (error) {
    return reasonOf(error);
  }
}

function show(value: number): string {
  return String(Number(value.toFixed(3)));
}
