import { cannot, reasonOf } from "../../errors/cannot.ts";
import { MAX_XML_LENGTH } from "../../io/limits.ts";
import type { BlockSource } from "../blocks.ts";
import { checkPage } from "../check_page.ts";
import { readNdpiPages } from "../tiff/read_ndpi_pages.ts";
import { isTiff, readTiffPages } from "../tiff/read_tiff_pages.ts";
import { countMissing, openTiffBlocks } from "../tiff/tiff_blocks.ts";
import type { TiffPage } from "../tiff/tiff_page.ts";
import { XmlError } from "../xml.ts";
import { APERIO } from "./aperio.ts";
import { findLevels, subPictures } from "./find_levels.ts";
import type {
  AssociatedPicture,
  ChannelContents,
  FileFormat,
  FileHandle,
  FilePicture,
  Ignored,
  SlideContents,
  SlideFile,
  StoredChannel,
  StoredLevel,
} from "./format.ts";
import { GENERIC } from "./generic.ts";
import { HAMAMATSU } from "./hamamatsu/ndpi.ts";
import {
  type AssociatedPage,
  type ChannelLayout,
  type Level,
  type Picture,
  resolutionScale,
  type TiffFile,
  type TiffKind,
  type TiffLayout,
} from "./layout.ts";
import { isOme, OME } from "./ome.ts";
import { LEICA } from "./leica.ts";
import { placeAreas, type PlacedBlocks } from "./place_areas.ts";
import { PHILIPS } from "./philips.ts";
import { QPTIFF } from "./qptiff.ts";
import { pageChannels } from "./tiff_channels.ts";
import { TRESTLE } from "./trestle.ts";
import { UNREAD } from "./unread.ts";
import { VENTANA } from "./ventana.ts";

/** All known kinds of TIFF, vendors before plain TIFF: as plain TIFF, most vendors' files would open incorrectly. */
const KINDS: readonly TiffKind[] = [
  HAMAMATSU,
  ...UNREAD,
  LEICA,
  PHILIPS,
  QPTIFF,
  VENTANA,
  TRESTLE,
  APERIO,
  OME,
  GENERIC,
];

/** TIFF and BigTIFF, and OME companion files, whose pixels are in TIFFs. */
export const TIFF: FileFormat = {
  detect: ({ head }) => isTiff(head) || isOme(new TextDecoder().decode(head)),
  async read(handle: FileHandle): Promise<SlideFile> {
    const file = await readTiffFile(handle);
    const kind = KINDS.find((kind) => kind.detect(file))!;
    return {
      format: kind.name,
      pictures: file.pages.flatMap((page) => [page, ...page.children])
        .map(describe),
      async findSlide({ page, mask }): Promise<SlideContents> {
        const layout = await layOut(file, { kind, page });
        const [{ picture }] = layout.levels;
        picture.forEach((page) => checkPage(page, { mask }));
        return toContents(layout);
      },
      async findChannels({ page }): Promise<ChannelContents> {
        const layout = page === undefined && kind.channels
          ? await kind.channels(file)
          : pageChannels(await layOut(file, { kind, page }));
        return toChannels(layout);
      },
    };
  },
};

async function readTiffFile(
  { source, folder, head, fileName, signal }: FileHandle,
): Promise<TiffFile> {
  const file = { source, folder, fileName, signal };
  if (isTiff(head)) {
    const pages = await readNdpiPages(source, { signal }) ??
      await readTiffPages(source, { signal });
    return { ...file, pages };
  }
  if (source.size > MAX_XML_LENGTH) {
    throw cannot(
      "read OME metadata",
      `its companion file has ${source.size} bytes, more than ${MAX_XML_LENGTH}`,
      { kind: RangeError },
    );
  }
  const bytes = await source.read(0, source.size);
  const metadata = new TextDecoder().decode(bytes);
  return { ...file, pages: [], metadata };
}

/** Finds which pages of a file are the slide, or lays out the page that the caller chose. */
async function layOut(
  file: TiffFile,
  { kind, page }: { readonly kind: TiffKind; readonly page?: number },
): Promise<TiffLayout> {
  if (page === undefined) {
    try {
      return await kind.layout(file);
    } catch (cause) {
      if (!(cause instanceof XmlError)) throw cause;
      throw cannot(
        "find the slide",
        `${
          reasonOf(cause)
        }; --page N (openSlide's page) opens one page and ignores the XML`,
        { kind: SyntaxError, cause },
      );
    }
  }
  const chosen = file.pages[page];
  if (!chosen) {
    throw cannot(
      "find the slide",
      `it has pages 0 to ${file.pages.length - 1}`,
      {
        received: page,
        kind: RangeError,
      },
    );
  }
  const own = await kind.layOutPage?.(file, chosen);
  if (own) return own;
  const described = kind.describePage?.(file, chosen) ??
    { mpp: resolutionScale(chosen) };
  return { ...findLevels([chosen], subPictures([chosen])), ...described };
}

function toContents({ embedded = [], ...layout }: TiffLayout): SlideContents {
  return {
    ...layout,
    levels: layout.levels.map(toStored),
    associated: [...(layout.associated ?? []).map(toAssociated), ...embedded],
    ignored: [...layout.ignored ?? [], ...ignoredScale(layout)],
  };
}

function toChannels(
  { channels, levels, ...layout }: ChannelLayout,
): ChannelContents {
  const contents = toContents({ ...layout, levels });
  return {
    ...contents,
    channels: channels.map((channel, i): StoredChannel => {
      const isPage = levels[0].picture.length > 1;
      return {
        ...channel,
        sample: isPage ? 0 : i,
        levels: levels.map((level) =>
          toStored({
            ...level,
            picture: isPage ? [level.picture[i]] : level.picture,
          })
        ),
      };
    }),
  };
}

function toStored(
  { picture, areas, place, open: own, ...size }: Level,
): StoredLevel {
  return {
    ...size,
    picture: picture[0],
    areas: areas?.map((area) => ({ ...area, picture: area.picture[0] })),
    async openBlocks(options) {
      const open = (picture: Picture) => {
        // Kinds that know their levels by other words than the pages' own have not checked them.
        picture.forEach((page) => checkPage(page, options));
        return openTiffBlocks(picture, options);
      };
      if (own) return own(options);
      if (!areas) {
        const blocks = await open(picture);
        return place?.(blocks) ?? blocks;
      }
      const placed: PlacedBlocks[] = [];
      for (const area of areas) {
        placed.push({ ...area, blocks: await open(area.picture) });
      }
      return placeAreas(placed);
    },
    async countMissing() {
      let missing = 0;
      for (const { picture: [page] } of areas ?? [{ picture }]) {
        missing += await countMissing(page);
      }
      return missing;
    },
  };
}

function toAssociated({ name, page }: AssociatedPage): AssociatedPicture {
  return {
    name,
    page,
    async openBlocks(): Promise<BlockSource> {
      checkPage(page);
      return await openTiffBlocks([page], {});
    },
  };
}

/** Resolution tags that are implausible. */
function ignoredScale(
  { levels, mpp }: Pick<TiffLayout, "levels" | "mpp">,
): Ignored[] {
  const { resolution } = levels[0].picture[0];
  const unit = ({ 2: "inch", 3: "cm" } as Record<number, string>)[
    resolution?.unit ?? 0
  ];
  if (!resolution || !unit || mpp?.source.startsWith("XRes")) return [];
  return [{
    what: `XResolution ${Number(resolution.x.toPrecision(6))} per ${unit}`,
    why: mpp
      ? "the format stores the scale elsewhere"
      : "no microscope has this scale",
  }];
}

function describe(page: TiffPage): FilePicture {
  const { blockWidth, blockHeight } = page;
  const arrangement = page.tiled
    ? `tiles of ${blockWidth}×${blockHeight}`
    : `strips of ${blockHeight} row${blockHeight === 1 ? "" : "s"}`;
  return { picture: page, arrangement };
}
