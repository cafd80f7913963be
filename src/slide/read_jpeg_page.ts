import type { ByteSource } from "./byte_source.ts";
import { type JpegStream, readJpegStream } from "./codecs/jpeg_stream.ts";
import { picturePage } from "./picture_page.ts";
import type { TiffPage } from "./tiff_page.ts";

/** Bytes in which a JPEG's header ends; EXIF and color profiles take most of it. */
const HEADER_BYTES = 1 << 20;
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
  if (!frame) throw new SyntaxError("its JPEG data have no header");
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
