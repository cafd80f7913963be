import { cannot } from "../../../errors/cannot.ts";
import { MAX_BLOCK_BYTES } from "../../../io/limits.ts";
import { blockFormat } from "../../block_format.ts";
import type { ByteRange } from "../../byte_source.ts";
import { nameOf } from "../../encoding.ts";
import type { TiffPage } from "../../tiff/tiff_page.ts";
import type { Level } from "../layout.ts";
import {
  type JpegHeader,
  MAX_JPEG_SIDE,
  readJpegHeader,
} from "./jpeg_header.ts";
import { openRestartBlocks } from "./restart_blocks.ts";
import { type RestartTiles, restartTiles } from "./restart_tiles.ts";

const HINT =
  "convert it with bfconvert (Bio-Formats) or vips tiffsave --tile --pyramid, or export it from NDP.view";

/** What else than JPEG such files contain. */
const ENCODINGS: { readonly [compression: number]: string } = {
  1: "uncompressed pixels",
  22610: "JPEG XR",
};

/**
 * Refuses a page that is not JPEG.
 *
 * @throws {TypeError} With the name of its encoding.
 */
export function refuseEncoding({ compression }: TiffPage): void {
  if (compression === 7) return;
  const name = ENCODINGS[compression] ?? `compression ${compression}`;
  throw cannot(
    "find the slide",
    `it is a Hamamatsu NDPI file of ${name}, which is not supported: ${HINT}`,
    { kind: TypeError },
  );
}

/**
 * Opens a page that is one JPEG as a level: in tiles, if restart markers allow that, else as a whole.
 *
 * @throws {SyntaxError} If its JPEG is damaged or beyond the end of the file.
 * @throws {TypeError} If it must be decoded as a whole and is too large for that.
 */
export async function openJpegPage(
  page: TiffPage,
): Promise<{ level: Level; warning?: string }> {
  const range = await findJpeg(page);
  const header = await readJpegHeader(page.source, range);
  if (header.components !== page.samples) {
    throw cannot(
      "read a page",
      `its JPEG has ${header.components} components, but its tags say ${page.samples}`,
      { kind: SyntaxError },
    );
  }
  const size = {
    width: sideOf(page.width, header.width),
    height: sideOf(page.height, header.height),
  };
  const tiles = restartTiles(header, size);
  if (!tiles) return { level: wholeLevel(page, { ...size, header }) };
  const level = tiledLevel(page, { range, header, tiles });
  if (size.width === page.width && size.height === page.height) {
    return { level };
  }
  const warning = `${
    nameOf(page)
  } has another size in its JPEG, which is taken: ${size.width}×${size.height} px`;
  return { level, warning };
}

/** A side of the picture: the JPEG's, unless its 16 bits cannot hold it. */
function sideOf(tag: number, jpeg: number): number {
  return tag > MAX_JPEG_SIDE || jpeg === 0 ? tag : jpeg;
}

/** Where the JPEG of a page is. */
async function findJpeg(
  { loadTable, source }: TiffPage,
): Promise<ByteRange> {
  const { offsets, byteCounts } = await loadTable();
  if (offsets.length !== 1 || byteCounts.length !== 1) {
    throw cannot(
      "find the blocks of a page",
      `it must be one JPEG, but the file lists ${offsets.length} offsets and ${byteCounts.length} byte counts`,
      { kind: SyntaxError },
    );
  }
  const [offset, length] = [offsets[0], byteCounts[0]];
  if (offset > 0 && length > 0 && offset + length <= source.size) {
    return { offset, length };
  }
  throw cannot(
    "find the blocks of a page",
    `it is truncated: its JPEG ends at byte ${
      offset + length
    }, but the file at ${source.size}`,
    { kind: SyntaxError },
  );
}

function tiledLevel(
  page: TiffPage,
  { range, header, tiles }: {
    readonly range: ByteRange;
    readonly header: JpegHeader;
    readonly tiles: RestartTiles;
  },
): Level {
  const { width, height, tileWidth, tileHeight, across, down } = tiles;
  const picture = {
    ...page,
    width,
    height,
    tiled: true,
    blockWidth: tileWidth * across,
    blockHeight: tileHeight * down,
  };
  return {
    picture: [picture],
    width,
    height,
    downsample: 1,
    open: (options) =>
      openRestartBlocks({
        source: page.source,
        range,
        header,
        tiles,
        format: blockFormat([picture], options),
        loadStarts: page.ndpi?.loadStarts,
      }),
  };
}

/** A JPEG that is decoded as a whole. */
function wholeLevel(
  page: TiffPage,
  { width, height, header }: {
    readonly width: number;
    readonly height: number;
    readonly header: JpegHeader;
  },
): Level {
  if (
    Math.max(width, height) > MAX_JPEG_SIDE ||
    width * height * 3 > MAX_BLOCK_BYTES
  ) {
    const why = header.interval === 0
      ? "without restart markers"
      : "whose restart intervals are not tiles";
    throw cannot(
      "find the slide",
      `it is a Hamamatsu NDPI slide of ${width}×${height} px in one JPEG ${why}, which is too large to be decoded as a whole: ${HINT}`,
      { kind: TypeError },
    );
  }
  const picture = {
    ...page,
    width,
    height,
    blockWidth: width,
    blockHeight: height,
  };
  return { picture: [picture], width, height, downsample: 1 };
}
