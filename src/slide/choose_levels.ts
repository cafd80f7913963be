import { countColors } from "./check_page.ts";
import type { TiffPage } from "./tiff_page.ts";

/** One resolution: one page, or three greyscale pages that are its red, green and blue. */
export type Picture = readonly TiffPage[];

/**
 * Finds a slide's resolutions among a file's pages, the largest first. Labels, macro photographs and thumbnails
 * are left out.
 *
 * @throws {TypeError} If the pages are a stack that is no colour picture.
 */
export function chooseLevels(pages: readonly TiffPage[]): Picture[] {
  const pictures = joinChannels(
    pages.filter((page) => (page.subfileType & 4) === 0),
  );
  if (pictures.length === 0) throw new TypeError("it holds no picture");
  const area = ([page]: Picture): number => page.width * page.height;
  const main = pictures.reduce((best, picture) =>
    area(picture) > area(best) ? picture : best
  );
  checkStack(main, pictures);
  const below = main[0].children.map((_, i) =>
    main.map((page) => page.children[i])
  );
  const beside = pictures.filter((picture) =>
    picture !== main && isBeside(picture, main)
  );
  const reduced = [...below, ...beside]
    .filter((picture) =>
      picture.every((page) => page !== undefined && isReduced(page, main[0]))
    )
    .sort((a, b) => area(b) - area(a))
    .filter((picture, i, all) => i === 0 || area(picture) < area(all[i - 1]));
  return [main, ...reduced];
}

/** Joins three greyscale pages in a row, alike and no more than three, to one picture. */
function joinChannels(pages: readonly TiffPage[]): Picture[] {
  const pictures: Picture[] = [];
  for (let start = 0; start < pages.length;) {
    let end = start + 1;
    while (
      end < pages.length && isGrey(pages[start]) &&
      isAlike(pages[start], pages[end])
    ) end++;
    const run = pages.slice(start, end);
    if (run.length === 3) pictures.push(run);
    else pictures.push(...run.map((page) => [page]));
    start = end;
  }
  return pictures;
}

function isGrey({ photometric, samples }: TiffPage): boolean {
  return samples === 1 && (photometric === 0 || photometric === 1);
}

function isAlike(a: TiffPage, b: TiffPage): boolean {
  return a.width === b.width && a.height === b.height &&
    a.samples === b.samples &&
    a.photometric === b.photometric && a.blockWidth === b.blockWidth &&
    a.blockHeight === b.blockHeight;
}

/** OME says what greyscale planes mean: only three channels of one plane are a colour picture. */
function checkStack(main: Picture, pictures: readonly Picture[]): void {
  const text = pictures[0][0].description;
  if (!text.includes("<OME") || !isGrey(main[0])) return;
  const size = (axis: string): number =>
    Number(text.match(`Size${axis}="(\\d+)"`)?.[1] ?? 1);
  const [c, z, t] = [size("C"), size("Z"), size("T")];
  if (z === 1 && t === 1 && c === main.length) return;
  throw new TypeError(
    `of greyscale stacks, only one or three channels of one plane are read: received ${c} channels of ${z} planes at ${t} times`,
  );
}

/** Whether a page of the main chain may be a level; the aspect is checked for all of them. */
function isBeside([page]: Picture, [main]: Picture): boolean {
  // In Aperio's files all levels are tiled; thumbnail, label and macro are not, and two of those are marked reduced.
  if (main.description.startsWith("Aperio")) return page.tiled;
  return (page.subfileType & 1) === 1 || page.tiled === main.tiled;
}

function isReduced(page: TiffPage, main: TiffPage): boolean {
  const downsample = main.width / page.width;
  if (!(downsample > 1) || countColors(page) !== countColors(main)) {
    return false;
  }
  return Math.abs(main.height / downsample - page.height) <=
    Math.max(1.5, page.height * 0.01);
}
