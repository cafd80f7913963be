import { reasonOf } from "../../../errors/cannot.ts";
import { blockFormat } from "../../block_format.ts";
import { checkPage } from "../../check_page.ts";
import type { StoredPicture } from "../../encoding.ts";
import { choosePage } from "../choose_page.ts";
import { checkChannels, splitChannels } from "./czi_channels.ts";
import type {
  ChannelContents,
  FileFormat,
  FileHandle,
  SlideContents,
  SlideFile,
  StoredChannel,
  StoredLevel,
} from "../format.ts";
import { isPlausible } from "../layout.ts";
import { JPEG_FILE } from "../picture.ts";
import { readAttachments } from "./attachments.ts";
import { type CziReader, openSubBlocks } from "./czi_blocks.ts";
import { type CziLayout, endsOf, layOutLevels } from "./czi_levels.ts";
import { type CziMetadata, readMetadata } from "./czi_metadata.ts";
import { readEncodings } from "./encodings.ts";
import { unsupported } from "./refuse.ts";
import { readHeader } from "./segments.ts";
import { readSubBlocks } from "./sub_blocks.ts";

/** A scan of this many pixels per side is slow to show as a whole if there are no reduced levels. */
const LARGE_SIDE = 16384;

/**
 * Zeiss's CZI: segments in any order, of which a directory lists the sub-blocks: tiles of all levels, wherever they lie on the
 * slide. Scenes are areas of one canvas. Read is brightfield, a single channel, focal plane and point in time.
 *
 * Source: ZEN's file format description (DS_ZISRAW-FileFormat), libCZI's public issues, and OpenSlide's notes on Zeiss.
 */
export const CZI: FileFormat = {
  detect: ({ head }) =>
    new TextDecoder().decode(head.subarray(0, 10)) === "ZISRAWFILE",
  read: (handle) => readCzi(handle),
  readChannels: (handle) =>
    Promise.resolve({
      format: "Zeiss CZI",
      findChannels: ({ page }) => readCziChannelsOf(handle, page),
    }),
};

/** Reads the channels of a file, in the first plane of a stack. */
async function readCziChannelsOf(
  handle: FileHandle,
  page: number | undefined,
): Promise<ChannelContents> {
  if (page !== undefined) {
    throw unsupported("of which all channels are shown, without --page N");
  }
  const { source } = handle;
  const header = await readHeader(source);
  const metadata = await readMetadata(source, header.metadata)
    .catch((): CziMetadata => ({ properties: {} }));
  const all = await readSubBlocks(source, header.directory, { stack: true });
  const others = [header.directory, header.metadata, header.attachments];
  const { channels, isStack } = splitChannels(all);
  const ends = endsOf(all, { source, others });
  const found: StoredChannel[] = [];
  let layout: CziLayout | undefined;
  for (const { channel, blocks, numbers } of channels) {
    layout = layOutLevels(blocks, metadata);
    const own = ends.filter((_, i) => numbers.has(i));
    const pictures = await readEncodings(source, { blocks, ends: own });
    const { low, high, ...said } = metadata.channels?.[channel] ?? {};
    const levels = layout.levels.map((level, i) =>
      toStored(level, { source, blocks, ends: own, pictures, page: i })
    );
    const full = 2 ** levels[0].picture.bits[0] - 1;
    found.push({
      ...said,
      levels,
      window: low !== undefined && high !== undefined && high > low
        ? {
          min: low * full,
          max: high * full,
          source: "ZEN's display settings",
        }
        : undefined,
    });
  }
  checkChannels({ channels: found });
  const { mpp, objectivePower } = describeSlide(metadata, layout!);
  const { associated } = await attachmentsOf(handle, {
    position: header.attachments,
    firstPage: 0,
  });
  return {
    ...{ mpp, objectivePower, associated, channels: found },
    warnings: isStack ? ["the first plane of its stack is shown"] : [],
  };
}

async function readCzi(
  handle: FileHandle,
  { isAttachment = false } = {},
): Promise<SlideFile> {
  const { source, signal } = handle;
  const header = await readHeader(source);
  const warnings: string[] = [];
  const metadata = await readMetadata(source, header.metadata)
    .catch((error): CziMetadata => {
      warnings.push(`its metadata are not read: ${reasonOf(error)}`);
      return { properties: {} };
    });
  signal?.throwIfAborted();
  const blocks = await readSubBlocks(source, header.directory);
  const layout = layOutLevels(blocks, metadata);
  const { directory, attachments: position } = header;
  const others = [directory, header.metadata, position];
  const ends = endsOf(blocks, { source, others });
  const pictures = await readEncodings(source, { blocks, ends });
  const levels = layout.levels.map((level, i) =>
    toStored(level, { source, blocks, ends, pictures, page: i })
  );
  const { associated, unread } = await attachmentsOf(handle, {
    position: isAttachment ? 0 : position,
    firstPage: levels.length,
  });
  if (header.isPending) {
    warnings.push("it was being changed when it was written last");
  }
  warnings.push(...checkLayout(layout));
  const contents: SlideContents = {
    ...describeSlide(metadata, layout),
    levels,
    associated,
    ignored: [...layout.ignored, ...unread],
    warnings,
  };
  return {
    format: "Zeiss CZI",
    pictures: [
      ...levels.map(({ picture }) => ({
        picture,
        arrangement:
          `sub-blocks of up to ${picture.blockWidth}×${picture.blockHeight}`,
      })),
      ...associated.map(({ page }) => ({
        picture: page,
        arrangement: "one picture",
      })),
    ],
    findSlide({ page, mask }): Promise<SlideContents> {
      const found = page === undefined
        ? contents
        : choosePage(contents, { page, associated });
      found.levels.forEach(({ picture }) => checkPage(picture, { mask }));
      return Promise.resolve(found);
    },
  };
}

function attachmentsOf(
  handle: FileHandle,
  where: { readonly position: number; readonly firstPage: number },
): ReturnType<typeof readAttachments> {
  return readAttachments(handle.source, {
    ...where,
    read(kind, part) {
      const file = { ...handle, source: part };
      if (kind === "JPG") return JPEG_FILE.read(file);
      if (kind === "CZI" || kind === "ZISRAW") {
        return readCzi(file, { isAttachment: true });
      }
      throw unsupported(`whose picture is of kind ${JSON.stringify(kind)}`);
    },
  });
}

function toStored(
  level: CziLayout["levels"][number],
  { source, blocks, ends, pictures, page }: Omit<CziReader, "formats"> & {
    readonly pictures: ReadonlyMap<number, StoredPicture>;
    readonly page: number;
  },
): StoredLevel {
  const { width, height, downsample, numbers } = level;
  const first = pictures.get(blocks.compression[numbers[0]])!;
  let [blockWidth, blockHeight] = [1, 1];
  for (const block of numbers) {
    blockWidth = Math.max(blockWidth, blocks.width[block]);
    blockHeight = Math.max(blockHeight, blocks.height[block]);
  }
  return {
    width,
    height,
    downsample,
    picture: {
      ...first,
      ...{ place: `page ${page}`, width, height, blockWidth, blockHeight },
    },
    openBlocks(options) {
      const formats = new Map(
        [...pictures].map(([compression, picture]) =>
          [compression, blockFormat([picture], options)] as const
        ),
      );
      return Promise.resolve(
        openSubBlocks(level, { source, blocks, ends, formats }),
      );
    },
    countMissing: () => Promise.resolve(0),
  };
}

function checkLayout({ levels, bounds }: CziLayout): string[] {
  const [{ width, height }] = levels;
  const warnings: string[] = [];
  if (bounds.x + bounds.width > width || bounds.y + bounds.height > height) {
    warnings.push(
      `its sub-blocks reach to ${bounds.x + bounds.width}, ${
        bounds.y + bounds.height
      }, beyond the ${width}×${height} px that its XML says, where they are cut off`,
    );
  }
  if (levels.length === 1 && Math.max(width, height) > LARGE_SIDE) {
    warnings.push(
      "it has no reduced levels, so that showing it as a whole is slow: save it with a pyramid in ZEN",
    );
  }
  return warnings;
}

function describeSlide(
  { mppX: x, mppY: y, power, bits, properties }: CziMetadata,
  { levels: [{ width, height }], bounds }: CziLayout,
): Partial<SlideContents> {
  const isWhole = bounds.x <= 0 && bounds.y <= 0 &&
    bounds.x + bounds.width >= width && bounds.y + bounds.height >= height;
  return {
    bounds: isWhole ? undefined : {
      x: bounds.x,
      y: bounds.y,
      width: Math.min(bounds.width, width - bounds.x),
      height: Math.min(bounds.height, height - bounds.y),
    },
    mpp: isPlausible(x) && isPlausible(y)
      ? { x, y, source: "Scaling in the XML" }
      : undefined,
    objectivePower: power !== undefined && power > 0
      ? { value: power, source: "NominalMagnification in the XML" }
      : undefined,
    sampleRange: bits !== undefined && bits > 8 && bits < 16
      ? { min: 0, max: 2 ** bits - 1, source: "ComponentBitCount in the XML" }
      : undefined,
    properties,
  };
}
