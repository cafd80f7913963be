import { cannot } from "../../errors/cannot.ts";
import { checkPage, countColors } from "../check_page.ts";
import type { TiffPage } from "../tiff/tiff_page.ts";
import { checkChannelCount } from "./check_channel_count.ts";
import { findLevels, inRuns, subPictures } from "./find_levels.ts";
import {
  type ChannelLayout,
  parseNumber,
  type Picture,
  type TiffFile,
  type TiffLayout,
} from "./layout.ts";
import { nameOf } from "../encoding.ts";

/** The first samples of a picture in color. */
const PRIMARIES = [
  { name: "Red", color: "ff0000" },
  { name: "Green", color: "00ff00" },
  { name: "Blue", color: "0000ff" },
];

/** Pages of one size that may be channels without being said to be: more are a stack. */
const MOST_UNSAID = 8;

/**
 * The channels of pages of one size, and their reduced copies.
 *
 * @param reduced Pages that are copies, one after the other, in the order of channels.
 */
export function layOutChannels(
  planes: Picture,
  { reduced = [], ...rest }: Partial<Omit<ChannelLayout, "levels">> & {
    readonly reduced?: readonly TiffPage[];
  },
): ChannelLayout {
  planes.forEach((page) => {
    if (page.samples > 1 && planes.length > 1) {
      throw cannot(
        "find channels",
        `${
          nameOf(page)
        } has ${page.samples} samples per pixel, so its ${planes.length} pages are pictures, not channels`,
        { kind: TypeError },
      );
    }
    checkPage(page, { sample: 0 });
  });
  const count = planes.length > 1 ? planes.length : planes[0].samples;
  checkChannelCount(count);
  const { levels, ignored } = findLevels(planes, [
    ...subPictures(planes),
    ...inRuns(reduced, planes.length),
  ], { sample: 0 });
  const ramps = planes.map((page) =>
    page.photometric === 3 ? rampColor(page) : undefined
  );
  // ImageJ writes one palette into all pages.
  const isTold = new Set(ramps).size === ramps.length;
  const colors = ramps.map((color) => isTold && color ? { color } : undefined);
  return {
    ...rest,
    levels,
    ignored: [...rest.ignored ?? [], ...ignored],
    channels: Array.from({ length: count }, (_, i) => {
      const said = rest.channels?.[i];
      const known = colors[i] ??
        (planes[0].photometric === 2 ? PRIMARIES[i] : undefined);
      return {
        ...known,
        ...said,
        color: said?.color ?? known?.color,
        inverted: planes[0].photometric === 0,
      };
    }),
  };
}

/**
 * The color of a page whose palette only colors its brightness, as ImageJ writes channels: from black on, no part of it falls.
 *
 * @throws {TypeError} If its palette is another.
 */
function rampColor(page: TiffPage): string {
  const { colorMap = [] } = page;
  const entries = colorMap.length / 3;
  const parts = [0, 1, 2].map((c) =>
    colorMap.slice(c * entries, (c + 1) * entries)
  );
  const isRamp = entries > 1 &&
    parts.every((part) =>
      part[0] === 0 && part.every((value, i) => i === 0 || value >= part[i - 1])
    );
  if (isRamp) {
    return Uint8Array.from(parts, (part) => part.at(-1)! >> 8).toHex();
  }
  throw cannot(
    "find channels",
    `${nameOf(page)} has a palette, which is no color of a channel`,
    { kind: TypeError },
  );
}

/** The channels of a layout that is read as a slide, too, or would be but for its samples: those of one page. */
export function pageChannels(
  { levels, sampleRange: _, ...layout }: TiffLayout,
): ChannelLayout {
  const [{ picture: [page], areas }] = levels;
  const isGray = countColors(page) === 1 && page.photometric !== 3;
  if (areas || levels[0].picture.length > 1 || (!isGray && page.samples <= 4)) {
    throw cannot("find channels", "it is a color picture", { kind: TypeError });
  }
  return { ...layOutChannels([page], layout), ignored: layout.ignored };
}

/**
 * The channels of plain TIFF: ImageJ's of the first slice and frame, the pages of one size, or the samples of one page.
 *
 * Source: ImageJ's description: planes are in the order of channels, slices, frames.
 */
export function plainChannels({ pages }: TiffFile): ChannelLayout {
  const full = pages.filter(({ subfileType }) => (subfileType & 5) === 0);
  const candidates = full.length > 0 ? full : pages.slice(0, 1);
  const [first] = candidates;
  if (!first) {
    throw cannot("find channels", "it contains no picture", {
      kind: TypeError,
    });
  }
  const same = candidates.filter(({ width, height }) =>
    width === first.width && height === first.height
  );
  const reduced = pages.filter((page) => !candidates.includes(page));
  const text = pages[0].description;
  if (same.length > 1 && same.some((page) => countColors(page) > 1)) {
    throw cannot("find channels", "its pages are color pictures", {
      kind: TypeError,
    });
  }
  if (!text.startsWith("ImageJ=")) return unsaidPages(same, reduced);
  const fields = new Map(
    text.split("\n").map((line) => {
      const at = line.indexOf("=");
      return [line.slice(0, at), line.slice(at + 1, at + 31)];
    }),
  );
  const field = (name: string) => parseNumber(fields.get(name));
  const [channels, slices, frames] = ["channels", "slices", "frames"]
    .map((name) => field(name) ?? 1);
  if (same.length < channels * slices * frames) {
    throw cannot(
      "find channels",
      `it says ${channels} channels, ${slices} slices and ${frames} frames, and has ${same.length} pages (ImageJ writes so beyond 4 GB): save it as OME-TIFF, for example with bfconvert (Bio-Formats)`,
      { kind: TypeError },
    );
  }
  const [min, max] = [field("min"), field("max")];
  // ImageJ's range is that of the channel that was in front.
  const window = channels === 1 && min !== undefined && max !== undefined &&
      max > min
    ? { min, max, source: `ImageJ's min and max` }
    : undefined;
  return layOutChannels(same.slice(0, channels), {
    channels: [{ window }],
    warnings: firstPlane({ slices, frames }),
  });
}

/** Pages of one size, of which the file does not say what they are. */
function unsaidPages(
  same: Picture,
  reduced: readonly TiffPage[],
): ChannelLayout {
  const isGray = same.every((page) => page.samples === 1);
  if (same.length > 1 && !(isGray && same.length <= MOST_UNSAID)) {
    return layOutChannels(same.slice(0, 1), {
      warnings: [
        `the first of ${same.length} pages of one size is shown; --page N (openSlide's page) shows another`,
      ],
    });
  }
  return layOutChannels(same, {
    reduced,
    warnings: same.length > 1
      ? [
        `${same.length} pages of one size are shown as channels: the file does not say what they are; --page N (openSlide's page) shows one`,
      ]
      : [],
  });
}

/** Says that the first plane of a stack is shown. */
export function firstPlane(
  { slices, frames }: { readonly slices: number; readonly frames: number },
): string[] {
  const parts = [
    ...slices > 1 ? [`${slices} focal planes`] : [],
    ...frames > 1 ? [`${frames} points in time`] : [],
  ];
  return parts.length > 0
    ? [`the first of its ${parts.join(" and ")} is shown`]
    : [];
}
