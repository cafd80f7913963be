import { cannot } from "../errors/cannot.ts";
import type { ByteSource } from "./byte_source.ts";
import { PNG } from "./codecs/block_job.ts";
import { type JpegStream, readJpegStream } from "./codecs/jpeg_stream.ts";
import { pngSamples, readPngChunks } from "./codecs/png.ts";
import type { TiffPage } from "./tiff_page.ts";

const HEADER_BYTES = 1 << 20;

/** Properties of a picture file. */
export type PictureTraits =
  & Pick<
    TiffPage,
    "width" | "height" | "samples" | "compression" | "photometric"
  >
  & Partial<TiffPage>
  & { readonly depth: number };

/** A whole picture file as a page of one block, so that it is read as slides are. */
export function picturePage(
  source: ByteSource,
  { depth, ...traits }: PictureTraits,
): TiffPage {
  return {
    place: "page 0",
    software: "",
    xmp: "",
    tiled: false,
    blockWidth: traits.width,
    blockHeight: traits.height,
    bits: Array(traits.samples).fill(depth),
    formats: Array(traits.samples).fill(1),
    extraSamples: [],
    predictor: 1,
    planar: false,
    fillOrder: 1,
    subfileType: 0,
    description: "",
    subsampling: [1, 1],
    orientation: 1,
    littleEndian: true,
    isWholeFile: true,
    source,
    children: [],
    loadTable: () =>
      Promise.resolve({ offsets: [0], byteCounts: [source.size] }),
    ...traits,
  };
}

/** Bytes in which a JPEG's header ends; EXIF and color profiles take most of it. */
const RGB_IDS = "82,71,66";

/**
 * Reads the header of a JPEG picture.
 *
 * Source: ITU-T T.81; JFIF 1.02; EXIF 2.32, Orientation; Adobe's APP14 segment.
 *
 * @throws {SyntaxError} If it is damaged, or of a kind that is not read.
 */
export async function readJpegPage(source: ByteSource): Promise<TiffPage> {
  const stream = readJpegStream(
    await source.read(0, Math.min(HEADER_BYTES, source.size)),
  );
  const { frame, adobe, exif } = stream;
  if (!frame) {
    throw cannot(
      "read the header of a picture",
      "its JPEG data have no header",
      { kind: SyntaxError },
    );
  }
  const { width, height, components: samples } = frame;
  return picturePage(source, {
    width,
    height,
    samples,
    depth: 8,
    compression: 7,
    photometric: photometricOf(samples, stream),
    orientation: exif ? readOrientation(exif) : 1,
    invertedInks: adobe !== undefined,
  });
}

function photometricOf(
  samples: number,
  { frame, adobe }: JpegStream,
): number {
  if (samples === 1) return 1;
  if (samples === 4) return 5;
  // As libjpeg guesses: YCbCr unless Adobe's segment or the components' names say RGB.
  return adobe === 0 || (adobe === undefined && frame?.ids.join() === RGB_IDS)
    ? 2
    : 6;
}

/** The orientation tag of EXIF's first directory; 1 where it has none. */
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
/** Bytes before a PNG's pixels: header, palette, transparency, and what else a program put there. */

/**
 * Reads the header of a PNG picture.
 *
 * Source: PNG specification, third edition.
 *
 * @throws {SyntaxError} If it is damaged.
 */
export async function readPngPage(source: ByteSource): Promise<TiffPage> {
  const header = readPngChunks(
    await source.read(0, Math.min(HEADER_BYTES, source.size)),
  );
  const { width, height, bits, colorType } = header;
  const samples = pngSamples(colorType);
  return picturePage(source, {
    width,
    height,
    samples,
    depth: bits,
    compression: PNG,
    photometric: PHOTOMETRICS[colorType] ?? -1,
    // Alpha is straight.
    extraSamples: colorType >= 4 ? [2] : [],
    transparency: header.transparency,
    colorMap: header.palette && paletteOverWhite(header),
  });
}

/** Red, then green, then blue of all entries that the depth can name; what is not opaque, over white. */
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
