import { cannot } from "../../errors/cannot.ts";
import { countColors } from "../check_page.ts";
import type { TiffPage } from "../tiff/tiff_page.ts";
import { findLevels, inRuns, subPictures } from "./find_levels.ts";
import { nameOf } from "../encoding.ts";
import type { SampleRange } from "./format.ts";
import {
  type ChannelLayout,
  micrometersIn,
  parseNumber,
  type Picture,
  resolutionScale,
  type TiffFile,
  type TiffKind,
  type TiffLayout,
} from "./layout.ts";
import { plainChannels } from "./tiff_channels.ts";
import { refuseStack } from "./unread.ts";

/**
 * TIFF without a vendor, including ImageJ's and tifffile's. The slide is the page that is not marked as reduced; levels are
 * the marked ones and SubIFDs. Three grayscale pages of one size are red, green and blue, with a warning.
 *
 * Source: TIFF 6.0, NewSubfileType; ImageJ's description (`channels=`, `slices=`, `frames=`, `unit=`); tifffile's
 * `{"shape": …}`.
 */
export const GENERIC: TiffKind = {
  name: "TIFF",
  detect: () => true,
  layout({ pages }: TiffFile): TiffLayout {
    const pictures = pages.filter(({ subfileType }) => (subfileType & 4) === 0);
    const full = pictures.filter(({ subfileType }) => (subfileType & 1) === 0);
    const candidates = full.length > 0 ? full : pictures.slice(0, 1);
    if (candidates.length === 0) {
      throw cannot("find the slide", "it contains no picture", {
        kind: TypeError,
      });
    }
    const area = (page: TiffPage) => page.width * page.height;
    const largest = candidates.reduce((best, page) =>
      area(page) > area(best) ? page : best
    );
    const same = candidates.filter((page) => isAlike(page, largest));
    const { main, warnings } = joinPages(same, pages);
    const others = candidates.filter((page) => !same.includes(page));
    // One that is nearly as large could be the slide as well.
    const rivals = others.filter((page) => area(page) * 2 > area(largest));
    if (rivals.length > 0) {
      const all = [largest, ...rivals];
      throw refuseStack(`${all.length} pictures`, all);
    }
    if (others.length > 0) {
      warnings.push(
        `the largest of ${candidates.length} pictures is taken as the slide, ${
          nameOf(largest)
        }; inspect lists the others`,
      );
    }
    const reduced = pictures.filter((page) => !candidates.includes(page));
    const { levels, ignored } = findLevels(main, [
      ...subPictures(main),
      ...inRuns(reduced, main.length),
    ]);
    for (const page of others) {
      ignored.push({
        what: nameOf(page),
        why: "it is another picture, not marked as a reduced copy",
      });
    }
    for (const page of pages.filter((page) => !pictures.includes(page))) {
      ignored.push({ what: nameOf(page), why: "it is a transparency mask" });
    }
    return { levels, ignored, warnings, ...describe(main[0]) };
  },
  channels(file: TiffFile): ChannelLayout {
    const layout = plainChannels(file);
    const { mpp } = describe(layout.levels[0].picture[0]);
    return { ...layout, mpp };
  },
  describePage: (_, page) => describe(page),
};

/** One picture of pages of one size: a single page, or the red, green and blue of three grayscale ones. */
function joinPages(
  same: readonly TiffPage[],
  pages: readonly TiffPage[],
): { main: Picture; warnings: string[] } {
  const text = pages[0].description;
  const stack = text.startsWith("ImageJ=")
    ? imageJStack(text, same)
    : shapeStack(same[0]);
  if (stack.found) throw refuseStack(stack.found, same);
  if (same.length === 1) return { main: same, warnings: [] };
  if (same.length !== 3 || !same.every(isGray)) {
    throw refuseStack(`${same.length} pages of one size`, same);
  }
  const warnings = stack.isColor ? [] : [
    "three grayscale pages are taken as red, green and blue: the file does not say what they are",
  ];
  return { main: same, warnings };
}

/** The dimensions of an ImageJ stack, if it has more than the three channels of one plane. */
function imageJStack(
  text: string,
  pages: readonly TiffPage[],
): { found?: string; isColor?: boolean } {
  const fields = fieldsOf(text);
  const count = (name: string) => parseNumber(fields.get(name)) ?? 1;
  const [images, channels, slices, frames] = [
    "images",
    "channels",
    "slices",
    "frames",
  ].map(count);
  const isPlane = slices === 1 && frames === 1;
  if (isPlane && channels === 3 && pages.length === 3) return {};
  if (isPlane && channels === 1 && images <= 1) return {};
  const parts = [
    [channels, "channels"],
    [slices, "slices"],
    [frames, "frames"],
  ].filter(([number]) => Number(number) > 1).map((part) => part.join(" "));
  if (parts.length === 0) parts.push(`${images} images`);
  return { found: `${parts.join(", ")} (an ImageJ stack)` };
}

/** The shape of a tifffile array, if it has more than one picture with its samples. */
function shapeStack(page: TiffPage): { found?: string; isColor?: boolean } {
  if (!page.description.startsWith("{")) return {};
  let shape: unknown;
  try {
    ({ shape } = JSON.parse(page.description));
  } catch {
    return {};
  }
  if (!Array.isArray(shape) || !shape.every(Number.isInteger)) return {};
  const plane = page.width * page.height * page.samples;
  const planes = shape.reduce((product, side) => product * side, 1) / plane;
  if (planes === 1 || !Number.isInteger(planes)) return {};
  // Arrays of 3×H×W have a leading axis of three.
  const isColor = planes === 3 && page.samples === 1 &&
    shape.at(-3) === 3 && shape.at(-1) === page.width;
  return isColor
    ? { isColor }
    : { found: `${planes} planes (an array of ${shape.join("×")})` };
}

function isGray(page: TiffPage): boolean {
  return page.samples === 1 && countColors(page) === 1 &&
    page.photometric !== 3;
}

function isAlike(a: TiffPage, b: TiffPage): boolean {
  return a.width === b.width && a.height === b.height;
}

function describe(page: TiffPage): Pick<TiffLayout, "mpp" | "sampleRange"> {
  const fields = page.description.startsWith("ImageJ=")
    ? fieldsOf(page.description)
    : new Map<string, string>();
  const unit = fields.get("unit");
  const micrometers = unit === undefined ? undefined : micrometersIn(unit);
  return {
    mpp: resolutionScale(
      page,
      micrometers === undefined
        ? undefined
        : { micrometers, source: `XResolution, ImageJ's "unit=${unit}"` },
    ),
    // Other samples are shown in the full range of their type.
    sampleRange: page.formats[0] === 3 || page.bits[0] === 32
      ? imageJRange(fields)
      : undefined,
  };
}

/** The range that ImageJ displays as black to white. */
function imageJRange(
  fields: ReadonlyMap<string, string>,
): SampleRange | undefined {
  const [min, max] = [fields.get("min"), fields.get("max")].map(parseNumber);
  return min !== undefined && max !== undefined && max > min
    ? { min, max, source: `ImageJ's "min=${min}", "max=${max}"` }
    : undefined;
}

function fieldsOf(text: string): Map<string, string> {
  return new Map(
    text.split("\n").map((line) => {
      const at = line.indexOf("=");
      return [line.slice(0, at).trim(), line.slice(at + 1).trim()];
    }),
  );
}
