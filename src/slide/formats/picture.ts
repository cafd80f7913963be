import { cannot } from "../../errors/cannot.ts";
import { blockFormat, type FormatOptions } from "../block_format.ts";
import { type BlockSource, gridPieces } from "../blocks.ts";
import type { ByteSource } from "../byte_source.ts";
import { checkPage } from "../check_page.ts";
import { type BlockFormat, PNG } from "../codecs/block_job.ts";
import { type JpegStream, readJpegStream } from "../codecs/jpeg_stream.ts";
import { PNG_SIGNATURE, pngSamples, readPngChunks } from "../codecs/png.ts";
import type { StoredPicture } from "../encoding.ts";
import type {
  AssociatedPicture,
  ChannelContents,
  FileFormat,
  SlideContents,
  SlideFile,
} from "./format.ts";

/** Bytes that contain a picture's header; in JPEG, EXIF and color profiles take most of it. */
const HEADER_BYTES = 1 << 20;

/** JPEG pictures. */
export const JPEG_FILE: FileFormat = {
  detect: ({ head }) => head[0] === 0xff && head[1] === 0xd8,
  read: async ({ source }) =>
    pictureFile("JPEG", source, await readJpegHeader(source)),
};

/** PNG pictures. */
export const PNG_FILE: FileFormat = {
  detect: ({ head }) => PNG_SIGNATURE.every((byte, i) => head[i] === byte),
  read: async ({ source }) =>
    pictureFile("PNG", source, await readPngHeader(source)),
};

/** The header of a picture file. */
export type PictureHeader =
  & Pick<
    StoredPicture,
    "width" | "height" | "samples" | "compression" | "photometric"
  >
  & Partial<StoredPicture>
  & { readonly depth: number };

/**
 * A picture beside a slide that is a JPEG or PNG, be it in a file of its own or within another.
 *
 * @param source Its bytes.
 * @param options.place Where it lies, in words.
 * @throws {SyntaxError} If it is neither, or damaged.
 */
export async function pictureBeside(
  source: ByteSource,
  { name, place }: { readonly name: string; readonly place: string },
): Promise<AssociatedPicture> {
  const head = await source.read(0, Math.min(8, source.size));
  const isPng = PNG_SIGNATURE.every((byte, i) => head[i] === byte);
  if (!isPng && !(head[0] === 0xff && head[1] === 0xd8)) {
    throw cannot(`read the ${name}`, "it is neither JPEG nor PNG", {
      kind: SyntaxError,
    });
  }
  const header = isPng
    ? await readPngHeader(source)
    : await readJpegHeader(source);
  const page = describeHeader(header, { place });
  return {
    name,
    page,
    openBlocks(): Promise<BlockSource> {
      checkPage(page);
      return Promise.resolve(wholeFile(source, page, blockFormat([page])));
    },
  };
}

/** Describes a picture by the header of its file; a page of many such pictures differs in size and place. */
export function describeHeader(
  { depth, ...header }: PictureHeader,
  more: Partial<StoredPicture> = {},
): StoredPicture {
  return {
    place: "page 0",
    tiled: false,
    blockWidth: header.width,
    blockHeight: header.height,
    bits: Array(header.samples).fill(depth),
    formats: Array(header.samples).fill(1),
    extraSamples: [],
    predictor: 1,
    planar: false,
    fillOrder: 1,
    description: "",
    subsampling: [1, 1],
    orientation: 1,
    littleEndian: true,
    ...header,
    ...more,
  };
}

/** A file that is one picture, decoded whole. */
function pictureFile(
  format: string,
  source: ByteSource,
  header: PictureHeader,
): SlideFile {
  const picture = describeHeader(header);
  const { width, height } = picture;
  const level = {
    ...{ width, height, downsample: 1, picture },
    openBlocks: (options: FormatOptions) =>
      Promise.resolve(
        wholeFile(source, picture, blockFormat([picture], options)),
      ),
    countMissing: () => Promise.resolve(0),
  };
  return {
    format,
    findChannels(): Promise<ChannelContents> {
      checkPage(picture, { sample: 0 });
      if (picture.photometric === 1) {
        return Promise.resolve({ channels: [{ levels: [level] }] });
      }
      throw cannot("find channels", "it is a color picture", {
        kind: TypeError,
      });
    },
    pictures: [{ picture, arrangement: "one picture" }],
    findSlide({ page = 0, mask }): Promise<SlideContents> {
      if (page !== 0) {
        throw cannot("find the slide", "it has pages 0 to 0", {
          received: page,
          kind: RangeError,
        });
      }
      checkPage(picture, { mask });
      return Promise.resolve({
        levels: [level],
      });
    },
  };
}

/** A whole file as the one block of its level. */
function wholeFile(
  source: ByteSource,
  { width, height }: StoredPicture,
  format: BlockFormat,
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

/** Names of the components of a JPEG that is RGB: R, G, B. */
const RGB_IDS = "82,71,66";

/**
 * Reads the header of a JPEG picture.
 *
 * Source: ITU-T T.81; JFIF 1.02; EXIF 2.32, Orientation; Adobe's APP14 segment.
 *
 * @throws {SyntaxError} If it is damaged, or of an unsupported kind.
 */
export async function readJpegHeader(
  source: Pick<ByteSource, "size" | "read">,
): Promise<PictureHeader> {
  const stream = readJpegStream(
    await source.read(0, Math.min(HEADER_BYTES, source.size)),
  );
  const { frame, adobe, exif } = stream;
  if (!frame) {
    throw cannot(
      "read the header of a picture",
      "its JPEG data have no header",
      {
        kind: SyntaxError,
      },
    );
  }
  const { width, height, components: samples } = frame;
  return {
    width,
    height,
    samples,
    depth: 8,
    compression: 7,
    photometric: photometricOf(samples, stream),
    orientation: exif ? readOrientation(exif) : 1,
    invertedInks: adobe !== undefined,
  };
}

function photometricOf(
  samples: number,
  { frame, adobe }: JpegStream,
): number {
  if (samples === 1) return 1;
  if (samples === 4) return 5;
  // Like libjpeg: YCbCr unless Adobe's segment or the components' names say RGB.
  return adobe === 0 || (adobe === undefined && frame?.ids.join() === RGB_IDS)
    ? 2
    : 6;
}

/** The orientation tag of EXIF's first directory. Default: 1. */
function readOrientation(exif: Uint8Array): number {
  const view = new DataView(exif.buffer, exif.byteOffset, exif.byteLength);
  if (exif.length < 10) return 1;
  const little = exif[0] === 0x49;
  const start = view.getUint32(4, little);
  if (start + 2 > exif.length) return 1;
  const count = view.getUint16(start, little);
  for (let i = 0; i < count; i++) {
    const at = start + 2 + 12 * i;
    if (at + 12 > exif.length) break;
    if (view.getUint16(at, little) === 274) {
      return view.getUint16(at + 8, little);
    }
  }
  return 1;
}

/** TIFF's photometric of each color type of PNG. */
const PHOTOMETRICS: { readonly [colorType: number]: number } = {
  0: 1,
  2: 2,
  3: 3,
  4: 1,
  6: 2,
};

/**
 * Reads the header of a PNG picture.
 *
 * Source: PNG specification, third edition.
 *
 * @throws {SyntaxError} If it is damaged.
 */
export async function readPngHeader(
  source: Pick<ByteSource, "size" | "read">,
): Promise<PictureHeader> {
  const header = readPngChunks(
    await source.read(0, Math.min(HEADER_BYTES, source.size)),
  );
  const { width, height, bits, colorType } = header;
  return {
    width,
    height,
    samples: pngSamples(colorType),
    depth: bits,
    compression: PNG,
    photometric: PHOTOMETRICS[colorType] ?? -1,
    // Alpha is straight.
    extraSamples: colorType >= 4 ? [2] : [],
    transparency: header.transparency,
    colorMap: header.palette && paletteOverWhite(header),
  };
}

/** Red, then green, then blue of all entries that the depth allows; translucent ones over white. */
function paletteOverWhite(
  { bits, palette = new Uint8Array(), transparency = new Uint8Array() }:
    ReturnType<typeof readPngChunks>,
): number[] {
  const count = 2 ** Math.min(bits, 8);
  return [0, 1, 2].flatMap((channel) =>
    Array.from({ length: count }, (_, i) => {
      const alpha = transparency[i] ?? 255;
      const color = palette[3 * i + channel] ?? 0;
      return Math.round((color * alpha + 255 * (255 - alpha)) / 255);
    })
  );
}
