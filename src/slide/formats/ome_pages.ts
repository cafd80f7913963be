import type { ByteSource } from "../byte_source.ts";
import { readTiffPages } from "../read_tiff_pages.ts";
import type { TiffPage } from "../tiff_page.ts";
import type { SlideFile } from "./layout.ts";
import type { OmeImage, OmeMetadata } from "./parse_ome.ts";
import { parseOme } from "./parse_ome.ts";

/** A companion of more bytes than this is rejected as corrupt. */
const MAX_METADATA = 1 << 26;

/**
 * Reads a file's OME metadata: its own, or those of the companion that it names.
 *
 * Source: the OME-TIFF specification, companion files.
 */
export async function readOme(file: SlideFile): Promise<OmeMetadata> {
  const own = parseOme(file.metadata ?? file.pages[0].description);
  if (own.companion === undefined) return own;
  const companion = await openBeside(file.source, own.companion);
  if (companion.size > MAX_METADATA) {
    throw new RangeError(`its metadata claim ${companion.size} bytes`);
  }
  const bytes = await companion.read(0, companion.size);
  return parseOme(new TextDecoder().decode(bytes));
}

/**
 * Gathers the pages of an image, channel by channel, from all files that hold some.
 *
 * Source: the OME-TIFF specification, TiffData and multi-file OME-TIFF.
 *
 * @param firstPage Where pages begin that no TiffData gives a number.
 * @throws {TypeError} If the files cannot be reached.
 * @throws {RangeError} If a plane is missing.
 */
export async function gatherPages(
  file: SlideFile,
  image: OmeImage,
  { firstPage }: { readonly firstPage: number },
): Promise<readonly TiffPage[]> {
  const { source, pages, signal } = file;
  const channels = planesOf(image);
  const names = new Set(image.planes.map(({ file }) => file));
  // A single file is this one, whatever it was called when it was written.
  const isAlone = pages.length > 0 && names.size <= 1;
  const known = new Map<string | undefined, readonly TiffPage[]>();
  if (pages.length > 0) known.set(undefined, pages).set(file.fileName, pages);
  const found: TiffPage[] = [];
  const rows = image.planes.length > 0 ? image.planes : [{ firstChannel: 0 }];
  for (const row of rows) {
    signal?.throwIfAborted();
    const all = isAlone ? pages : known.get(row.file) ??
      await readTiffPages(await openBeside(source, row.file ?? ""), {
        signal,
      });
    known.set(row.file, all);
    const start = row.firstPage ?? firstPage;
    const count = Math.min(row.count ?? channels, channels);
    for (let i = 0; i < count && row.firstChannel + i < channels; i++) {
      const page = all[start + i];
      if (page) found[row.firstChannel + i] ??= page;
    }
  }
  // An interleaved picture is one page for all channels, whatever the metadata say.
  const wanted = found[0] && found[0].samples === image.samples ? 1 : channels;
  for (let channel = 0; channel < wanted; channel++) {
    if (found[channel]) continue;
    throw new RangeError(
      `its OME metadata name a page for each channel: received none for channel ${channel}`,
    );
  }
  return found.slice(0, wanted);
}

/** How many planes an image has for its channels. */
export function planesOf({ channels, samples }: OmeImage): number {
  const known = channels.reduce((sum, channel) => sum + channel.samples, 0);
  return known === samples ? channels.length : samples;
}

async function openBeside(
  source: ByteSource,
  name: string,
): Promise<ByteSource> {
  if (!source.openBeside) {
    throw new TypeError(`its planes lie in other files: received ${name}`);
  }
  // Metadata come from anywhere: they may name files of the folder, no others.
  if (name === "" || name === ".." || /[\\/]/.test(name)) {
    throw new TypeError(
      `its OME metadata name files of its own folder: received "${name}"`,
    );
  }
  try {
    return await source.openBeside(name);
  } catch (cause) {
    const missing = cause instanceof Error && cause.name === "NotFound";
    const reason = missing ? "it does not exist" : (cause as Error).message;
    throw new TypeError(`its file ${name} cannot be opened: ${reason}`, {
      cause,
    });
  }
}
