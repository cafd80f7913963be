import type { ByteSource } from "./byte_source.ts";
import { PNG_SIGNATURE } from "./codecs/png_chunks.ts";
import type { SlideFile } from "./formats/layout.ts";
import { isOme } from "./formats/ome.ts";
import { recognize } from "./formats/recognize.ts";
import { readJpegPage } from "./read_jpeg_page.ts";
import { readPngPage } from "./read_png_page.ts";
import { isTiff, readTiffPages } from "./read_tiff_pages.ts";

/** Maximum bytes of a companion that are read. */
const MAX_METADATA = 1 << 26;
/** Bytes that suffice to recognize a format. */
const HEAD_BYTES = 4096;

/**
 * Reads what a file says of its pictures: the directories of a TIFF, an OME companion, or the header of a PNG or JPEG
 * picture.
 *
 * @throws {TypeError} If it is of another format; the message says which, and what to do.
 * @throws {SyntaxError} If it is unknown or damaged.
 */
export async function readSlideFile(
  source: ByteSource,
  { fileName, signal }: {
    readonly fileName: string;
    readonly signal?: AbortSignal;
  },
): Promise<SlideFile> {
  if (source.size === 0) throw new SyntaxError("it is empty");
  const head = await source.read(0, Math.min(HEAD_BYTES, source.size));
  const other = recognize(head, fileName);
  if (other) throw new TypeError(other);
  const file = { source, fileName, signal };
  if (isTiff(head)) {
    return { ...file, pages: await readTiffPages(source, { signal }) };
  }
  if (head[0] === 0xff && head[1] === 0xd8) {
    return { ...file, pages: [await readJpegPage(source)] };
  }
  if (PNG_SIGNATURE.every((byte, i) => head[i] === byte)) {
    return { ...file, pages: [await readPngPage(source)] };
  }
  if (isOme(new TextDecoder().decode(head))) {
    const size = Math.min(MAX_METADATA, source.size);
    const metadata = new TextDecoder().decode(await source.read(0, size));
    return { ...file, pages: [], metadata };
  }
  const bytes = Array.from(
    head.subarray(0, 4),
    (byte) => byte.toString(16).padStart(2, "0"),
  ).join(" ");
  throw new SyntaxError(
    `it is no TIFF, PNG or JPEG: it begins with bytes ${bytes}`,
  );
}
