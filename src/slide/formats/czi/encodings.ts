import { blockFormat } from "../../block_format.ts";
import type { ByteSource } from "../../byte_source.ts";
import {
  CZI_RAW,
  CZI_ZSTD0,
  CZI_ZSTD1,
  JPEG_XR_BLOCK,
} from "../../codecs/block_job.ts";
import { JPEG_XR } from "../../codecs/jpeg_xr.ts";
import type { StoredPicture } from "../../encoding.ts";
import { describeHeader, readJpegHeader } from "../picture.ts";
import { dataIn } from "./czi_blocks.ts";
import { damaged, unsupported } from "./refuse.ts";
import { partOf } from "./segments.ts";
import type { SubBlocks } from "./sub_blocks.ts";

const JPEG = 1;
const JPEG_XR_KIND = 4;

/** What is read as it is: our number of each compression of the format. */
const PLAIN: Readonly<Record<number, number>> = {
  0: CZI_RAW,
  [JPEG_XR_KIND]: JPEG_XR_BLOCK,
  5: CZI_ZSTD0,
  6: CZI_ZSTD1,
};

const UNREAD: Readonly<Record<number, string>> = {
  2: "LZW",
};

/** Samples and bits of each pixel type that is read. */
const PIXELS: Readonly<Record<number, { samples: number; depth: number }>> = {
  0: { samples: 1, depth: 8 },
  1: { samples: 1, depth: 16 },
  3: { samples: 3, depth: 8 },
  4: { samples: 3, depth: 16 },
};

const PIXEL_NAMES: Readonly<Record<number, string>> = {
  2: "Gray32Float",
  8: "Bgr96Float",
  9: "Bgra32",
  10: "Gray64ComplexFloat",
  11: "Bgr192ComplexFloat",
  12: "Gray32",
  13: "Gray64",
};

/** Bytes that contain the header of a JPEG or JPEG XR, and all before it. */
const HEAD_BYTES = 1 << 20;

/**
 * Describes how the sub-blocks of each compression are encoded.
 *
 * @throws {TypeError} If a pixel type or compression is not supported.
 */
export async function readEncodings(
  source: ByteSource,
  { blocks, ends }: {
    readonly blocks: SubBlocks;
    readonly ends: Float64Array;
  },
): Promise<Map<number, StoredPicture>> {
  const { pixelType, compression, width, height } = blocks;
  const pixels = PIXELS[pixelType];
  if (!pixels) {
    throw unsupported(
      `of ${PIXEL_NAMES[pixelType] ?? `type ${pixelType}`} pixels`,
    );
  }
  const found = new Map<number, StoredPicture>();
  for (const kind of new Set(compression)) {
    const block = compression.indexOf(kind);
    const size = { width: width[block], height: height[block] };
    const tile = {
      tiled: true,
      blockWidth: size.width,
      blockHeight: size.height,
    };
    if (Object.hasOwn(PLAIN, kind)) {
      const photometric = pixels.samples === 3 ? 2 : 1;
      const header = {
        ...size,
        ...pixels,
        compression: PLAIN[kind],
        photometric,
      };
      const picture = describeHeader(header, tile);
      if (kind === JPEG_XR_KIND) {
        // Writers do not agree which color comes first.
        if (pixels.samples === 3 && pixels.depth === 16) {
          throw unsupported("in JPEG XR of 48 bits a pixel");
        }
        const data = await dataOf(source, { blocks, ends, block });
        const head = await data.read(0, Math.min(data.size, HEAD_BYTES));
        const format = blockFormat([picture]);
        JPEG_XR.checkHead!(head, { ...size, format, maxHeight: size.height });
      }
      found.set(kind, picture);
    } else if (kind === JPEG) {
      const header = await readJpegHeader(
        await dataOf(source, { blocks, ends, block }),
      );
      if (header.samples !== pixels.samples || pixels.depth !== 8) {
        throw damaged("its JPEG sub-blocks are not of its pixel type");
      }
      found.set(kind, describeHeader({ ...header, orientation: 1 }, tile));
    } else {
      throw unsupported(
        `in ${UNREAD[kind] ?? `compression ${kind}`}`,
      );
    }
  }
  return found;
}

/** The data of a sub-block. */
async function dataOf(
  source: ByteSource,
  { blocks: { position, entryBytes }, ends, block }: {
    readonly blocks: SubBlocks;
    readonly ends: Float64Array;
    readonly block: number;
  },
): Promise<ByteSource> {
  const offset = position[block];
  const segment = await source.read(
    offset,
    Math.min(ends[block] - offset, HEAD_BYTES),
  );
  const data = dataIn(segment, entryBytes[block]);
  return partOf(source, { offset: offset + data.offset, length: data.length });
}
