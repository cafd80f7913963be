import { cannot, reasonOf } from "../errors/cannot.ts";
import { BlockSlide } from "./block_slide.ts";
import type { BlockLevel } from "./blocks.ts";
import { unpackValues } from "./codecs/sample_values.ts";
import { DecodePool } from "./decode_pool.ts";
import type { SlideSource } from "./folder.ts";
import { checkChannelCount } from "./formats/check_channel_count.ts";
import type { SampleRange, StoredChannel } from "./formats/format.ts";
import { readChannelFile } from "./formats/formats.ts";
import { namesOf } from "./open_slide.ts";
import { openSource, type SlideFiles } from "./open_source.ts";
import { orientSlide } from "./orient_slide.ts";
import { associatedOf, nameApart } from "./read_associated.ts";
import type { OpenedSlide, ReadRegionOptions, Region, Slide } from "./slide.ts";

/** Bytes of decoded blocks that a channel keeps. */
const CACHE_BYTES = 64 * 2 ** 20;

/** A channel of a slide: a picture of sample values. */
export interface SlideChannel {
  /** Its name, if the file gives it one. */
  readonly name?: string;
  /** Its color, as `00ff00`, if the file gives it one. */
  readonly color?: string;
  /** The sample values that the file shows as black and as its color. */
  readonly window?: SampleRange;
  /** Whether its low values are bright. Default: false. */
  readonly inverted?: boolean;
  /** Bits of a sample, as stored. */
  readonly bits: number;
  /** Reads the values of a region, row by row; 0 outside, and where nothing is stored. */
  readValues(
    region: Region,
    options?: Pick<ReadRegionOptions, "level" | "signal">,
  ): Promise<Float32Array>;
}

/** A slide that is no color picture, opened to be looked at. */
export interface OpenedChannels extends
  AsyncDisposable,
  Pick<
    OpenedSlide,
    | "name"
    | "width"
    | "height"
    | "mpp"
    | "levels"
    | "format"
    | "warnings"
    | "associated"
    | "readAssociated"
  > {
  readonly channels: readonly SlideChannel[];
}

/** Options for {@linkcode openChannels}. */
export interface OpenChannelsOptions {
  /** The page with the slide. Default: that of the format. */
  readonly page?: number;
  /** Decoding threads. Default: one per core, at most 16. */
  readonly threads?: number;
  readonly signal?: AbortSignal;
}

/**
 * Opens the channels of a slide that is no color picture: fluorescence, gray of more than 8 bits, signed integers, floats.
 * They are for looking at, with a window from black to white for each: nothing says what colors a model should see.
 *
 * @throws {TypeError} If its channels cannot be told, or their encoding is not supported.
 * @throws {Error} If it cannot be opened.
 */
export async function openChannels(
  path: SlideFiles,
  options: OpenChannelsOptions = {},
): Promise<OpenedChannels> {
  const { name, fileName } = namesOf(path);
  const { signal } = options;
  const source = await openSource(path, { signal });
  const decoding = DecodePool.join(options.threads);
  const close = async () => {
    decoding[Symbol.dispose]();
    await source.close();
  };
  try {
    return await openFile(source, {
      ...{ name, fileName, close, pool: decoding.pool, ...options },
    });
  } catch (cause) {
    await close();
    signal?.throwIfAborted();
    throw cannot(`show the channels of slide "${name}"`, reasonOf(cause), {
      cause,
    });
  }
}

async function openFile(
  source: SlideSource,
  { name, fileName, page, signal, pool, close }: OpenChannelsOptions & {
    readonly name: string;
    readonly fileName: string;
    readonly pool: DecodePool;
    readonly close: () => Promise<void>;
  },
): Promise<OpenedChannels> {
  const file = await readChannelFile(source, { fileName, signal });
  if (!file.findChannels) {
    throw cannot(
      "find channels",
      `those of ${file.format} are not read: convert it to OME-TIFF, for example with bfconvert (Bio-Formats) or QuPath`,
      { kind: TypeError },
    );
  }
  const found = await file.findChannels({ page });
  checkChannelCount(found.channels.length);
  const pictures: Slide[] = [];
  for (const channel of found.channels) {
    pictures.push(await openPicture(channel, { name, pool }));
  }
  const [{ width, height, levels }] = pictures;
  return {
    ...{ name, width, height, levels, format: file.format },
    mpp: found.mpp && { x: found.mpp.x, y: found.mpp.y },
    warnings: found.warnings ?? [],
    ...associatedOf(nameApart(found.associated ?? []), { slide: name, pool }),
    channels: found.channels.map((channel, i) =>
      toChannel(channel, pictures[i])
    ),
    async [Symbol.asyncDispose]() {
      for (const picture of pictures) await picture[Symbol.asyncDispose]();
      await close();
    },
  };
}

/** A channel as a slide whose three bytes a pixel are its value. */
async function openPicture(
  { levels, sample = 0 }: StoredChannel,
  { name, pool }: { readonly name: string; readonly pool: DecodePool },
): Promise<Slide> {
  const opened: BlockLevel[] = [];
  for (const level of levels) {
    opened.push({ ...level, blocks: await level.openBlocks({ sample }) });
  }
  const slide = new BlockSlide({
    ...{ name, levels: opened, pool, cacheBytes: CACHE_BYTES },
    background: [0, 0, 0],
    close: () => Promise.resolve(),
  });
  return orientSlide(slide, levels[0].picture.orientation);
}

function toChannel(
  { name, color, window, inverted, levels: [{ picture }] }: StoredChannel,
  slide: Slide,
): SlideChannel {
  return {
    ...{ name, color, window, inverted, bits: picture.bits[0] },
    async readValues(region, options) {
      return unpackValues(
        await slide.readRegion(region, { ...options, fill: 0 }),
      );
    },
  };
}
