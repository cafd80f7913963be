import { cannot, reasonOf } from "../../../errors/cannot.ts";
import { MAX_BLOCK_BYTES } from "../../../io/limits.ts";
import { blockFormat, type FormatOptions } from "../../block_format.ts";
import { type BlockSource, gridPieces } from "../../blocks.ts";
import type { ByteSource } from "../../byte_source.ts";
import { checkPage } from "../../check_page.ts";
import type { StoredPicture } from "../../encoding.ts";
import type { Folder } from "../../folder.ts";
import type { Region } from "../../slide.ts";
import { type JpegHeader, readJpegHeader } from "./jpeg_header.ts";
import { openRestartBlocks } from "./restart_blocks.ts";
import { restartTiles } from "./restart_tiles.ts";

/** A JPEG that a VMS file names, and where it lies on the slide. */
export interface VmsPicture extends Region {
  readonly picture: StoredPicture;
  openBlocks(options: FormatOptions): BlockSource;
}

/**
 * Opens a JPEG beside a VMS file.
 *
 * @throws {SyntaxError} If it is missing or damaged.
 * @throws {TypeError} If it must be decoded as a whole and is too large for that.
 */
export async function openVmsPicture(
  folder: Folder,
  { name, x, y }: {
    readonly name: string;
    readonly x: number;
    readonly y: number;
  },
): Promise<VmsPicture> {
  const source = await openPart(folder, name);
  const range = { offset: 0, length: source.size };
  const header = await readJpegHeader(source, range).catch((cause) => {
    throw cannot("read a part of the slide", `${name}: ${reasonOf(cause)}`, {
      cause,
    });
  });
  const { width, height } = header;
  const tiles = restartTiles(header, { width, height });
  if (!tiles && !(width * height * 3 <= MAX_BLOCK_BYTES)) {
    throw cannot(
      "find the slide",
      `${name} has ${width}×${height} px in one JPEG whose restart intervals are not tiles, which is too large to be decoded as a whole: convert the slide with bfconvert (Bio-Formats)`,
      { kind: TypeError },
    );
  }
  const block = tiles && {
    blockWidth: tiles.tileWidth * tiles.across,
    blockHeight: tiles.tileHeight * tiles.down,
  };
  const picture = pictureOf(name, header, block);
  checkPage(picture);
  return {
    ...{ x, y, width, height, picture },
    openBlocks(options): BlockSource {
      const format = blockFormat([picture], options);
      return tiles
        ? openRestartBlocks({ source, range, header, tiles, format })
        : wholePicture(source, { width, height, format });
    },
  };
}

async function openPart(folder: Folder, name: string): Promise<ByteSource> {
  try {
    return await folder.open(name);
  } catch (cause) {
    throw cannot("open a part of the slide", `${name}: ${reasonOf(cause)}`, {
      kind: SyntaxError,
      cause,
    });
  }
}

function pictureOf(
  name: string,
  { width, height, components: samples }: JpegHeader,
  block?: Pick<StoredPicture, "blockWidth" | "blockHeight">,
): StoredPicture {
  return {
    place: name,
    width,
    height,
    tiled: block !== undefined,
    blockWidth: width,
    blockHeight: height,
    ...block,
    samples,
    bits: Array(samples).fill(8),
    formats: Array(samples).fill(1),
    extraSamples: [],
    compression: 7,
    photometric: samples === 1 ? 1 : 6,
    predictor: 1,
    planar: false,
    fillOrder: 1,
    description: "",
    subsampling: [1, 1],
    orientation: 1,
    littleEndian: true,
  };
}

/** A JPEG without tiles: its one block. */
function wholePicture(
  source: ByteSource,
  { width, height, format }: {
    readonly width: number;
    readonly height: number;
    readonly format: ReturnType<typeof blockFormat>;
  },
): BlockSource {
  const grid = { columns: 1, blockWidth: width, blockHeight: height };
  return {
    blockWidth: width,
    blockHeight: height,
    piecesIn: (region) => gridPieces(grid, region),
    prefetch: () => source.prefetch?.([{ offset: 0, length: source.size }]),
    async load() {
      const parts = [await source.read(0, source.size)];
      return { format, parts, width, height, maxHeight: height };
    },
  };
}
