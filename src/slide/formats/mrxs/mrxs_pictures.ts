import { cannot, reasonOf } from "../../../errors/cannot.ts";
import { blockFormat, type FormatOptions } from "../../block_format.ts";
import { type BlockSource, gridPieces } from "../../blocks.ts";
import type { ByteSource } from "../../byte_source.ts";
import { checkPage } from "../../check_page.ts";
import { BMP } from "../../codecs/block_job.ts";
import type { StoredPicture } from "../../encoding.ts";
import type { AssociatedPicture, Ignored } from "../format.ts";
import {
  describeHeader,
  type PictureHeader,
  readJpegHeader,
  readPngHeader,
} from "../picture.ts";
import type { RecordPlace } from "./index_file.ts";
import type { MrxsSlide } from "./mrxs_folder.ts";
import { unsupported } from "./refuse.ts";
import type { ImageFormat } from "./slidedat.ts";

/** Reads how the pictures of a format are encoded, from one of them. */
export async function readHeader(
  format: ImageFormat,
  source: ByteSource,
  { offset, length }: RecordPlace,
): Promise<PictureHeader> {
  const part = {
    size: length,
    read: (at: number, bytes: number) => source.read(offset + at, bytes),
  };
  if (format === "JPEG") return await readJpegHeader(part);
  if (format === "PNG") {
    const header = await readPngHeader(part);
    if (header.depth > 8) throw unsupported(`of ${header.depth} bits`);
    if (header.colorMap) throw unsupported("of PNG images with palettes");
    return header;
  }
  const size = new DataView((await part.read(0, 26)).buffer);
  return {
    width: size.getInt32(18, true),
    height: Math.abs(size.getInt32(22, true)),
    samples: 3,
    depth: 8,
    compression: BMP,
    photometric: 2,
  };
}

/** Finds the pictures beside the slide; those that cannot be read are left out. */
export async function readAssociated(
  { associated, files }: MrxsSlide,
  firstPage: number,
): Promise<
  { associated: Required<AssociatedPicture>[]; unread: Ignored[] }
> {
  const found: Required<AssociatedPicture>[] = [];
  const unread: Ignored[] = [];
  for (const { name, format, place } of associated) {
    try {
      if (!place || place.length === 0) throw new Error("it has no data");
      if (format !== "JPEG") {
        throw cannot("read a picture", "it must be JPEG", { received: format });
      }
      const source = files.get(place.file)!;
      const page = describeHeader(
        await readHeader(format, source, place),
        { place: `page ${firstPage + found.length}`, description: name },
      );
      checkPage(page);
      const openBlocks = (options?: FormatOptions) =>
        Promise.resolve(oneBlock(source, { page, place, options }));
      found.push({ name, page, openBlocks });
    } catch (error) {
      unread.push({ what: name, why: reasonOf(error) });
    }
  }
  return { associated: found, unread };
}

/** A picture in a part of a file, as one block. */
function oneBlock(
  source: ByteSource,
  { page, place: { offset, length }, options }: {
    readonly page: StoredPicture;
    readonly place: RecordPlace;
    readonly options?: FormatOptions;
  },
): BlockSource {
  const { width, height } = page;
  const size = { blockWidth: width, blockHeight: height };
  const format = blockFormat([page], options);
  return {
    ...size,
    piecesIn: (region) => gridPieces({ columns: 1, ...size }, region),
    async load() {
      const parts = [await source.read(offset, length)];
      return { format, parts, width, height, maxHeight: height };
    },
  };
}
