import type { ByteSource } from "./byte_source.ts";
import { PNG_SIGNATURE } from "./codecs/png_chunks.ts";
import { readJpegPage } from "./read_jpeg_page.ts";
import { readPngPage } from "./read_png_page.ts";
import { readOmePages } from "./read_ome_pages.ts";
import { readTiffPages } from "./read_tiff_pages.ts";
import type { TiffPage } from "./tiff_page.ts";

/** No more of a companion is looked at. */
const MAX_METADATA = 1 << 26;

/**
 * Reads what a file says of its pictures: the directories of a TIFF, those of the TIFFs that OME metadata name, or
 * the header of a PNG or JPEG picture.
 *
 * @throws {SyntaxError} If the file is none of them, or is damaged.
 */
export async function readPages(
  source: ByteSource,
  options: { signal?: AbortSignal } = {},
): Promise<readonly TiffPage[]> {
  const start = await source.read(0, Math.min(8, source.size));
  if (start[0] === 0xff && start[1] === 0xd8) {
    return [await readJpegPage(source)];
  }
  if (
    start.length === 8 && PNG_SIGNATURE.every((byte, i) => start[i] === byte)
  ) {
    return [await readPngPage(source)];
  }
  // "<": OME's companion, which is XML.
  const isText = start[0] === 0x3c;
  const pages = isText ? [] : await readTiffPages(source, options);
  const text = isText
    ? new TextDecoder().decode(
      await source.read(0, Math.min(MAX_METADATA, source.size)),
    )
    : pages[0]?.description ?? "";
  if (!text.includes("<OME")) {
    if (isText) await readTiffPages(source, options); // It says what it is not.
    return pages;
  }
  return await readOmePages(source, { pages, text, ...options });
}
