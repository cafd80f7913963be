import type { ByteSource } from "./byte_source.ts";
import { type OmeLayout, parseOme } from "./parse_ome.ts";
import { readTiffPages } from "./read_tiff_pages.ts";
import type { TiffPage } from "./tiff_page.ts";

/** A companion of more bytes than this is taken for a lie. */
const MAX_METADATA = 1 << 26;

/**
 * Gathers the pages of a picture whose OME metadata, its own or those of a companion, say that its planes lie in
 * several files.
 *
 * Source: the OME-TIFF specification, multi-file OME-TIFF and companion files.
 *
 * @param pages The file's own pages; none where it is a companion.
 * @param text The file's own metadata.
 * @returns `pages` themselves where one file holds everything.
 * @throws {TypeError} If the files cannot be reached, or hold a stack that is no colour picture.
 * @throws {RangeError} If a plane is missing.
 */
export async function readOmePages(
  source: ByteSource,
  { pages, text, signal }: {
    readonly pages: readonly TiffPage[];
    readonly text: string;
    readonly signal?: AbortSignal;
  },
): Promise<readonly TiffPage[]> {
  const { companion } = parseOme(text);
  const description = companion === undefined
    ? text
    : await readText(await openBeside(source, companion));
  const layout = parseOme(description);
  const files = new Set(layout.planes.map(({ file }) => file));
  if (pages.length > 0 && files.size <= 1) {
    return pages.map((page, i) => i === 0 ? { ...page, description } : page);
  }
  checkLayout(layout);
  const known = new Map<string | undefined, readonly TiffPage[]>();
  if (pages.length > 0) known.set(undefined, pages);
  const found: TiffPage[] = [];
  for (const { file = "", firstPage, firstChannel, count } of layout.planes) {
    signal?.throwIfAborted();
    const all = known.get(file) ??
      await readTiffPages(await openBeside(source, file), { signal });
    known.set(file, all);
    for (let i = 0; i < count && firstChannel + i < layout.channels; i++) {
      const page = all[firstPage + i];
      if (page) found[firstChannel + i] = { ...page, description };
    }
  }
  // An interleaved picture is one page for all channels.
  const wanted = found[0]?.samples === layout.channels ? 1 : layout.channels;
  for (let channel = 0; channel < wanted; channel++) {
    if (found[channel]) continue;
    throw new RangeError(
      `its OME metadata name a page for each channel: received none for channel ${channel}`,
    );
  }
  return found.slice(0, wanted);
}

/** Refuses what is no colour picture before its files are looked for. */
function checkLayout({ channels, depths, times, planes }: OmeLayout): void {
  const isPicture = (channels === 1 || channels === 3) && depths === 1 &&
    times === 1 && planes.length > 0;
  if (isPicture) return;
  throw new TypeError(
    `of OME pictures in several files, only one or three channels of one plane are read: received ${channels} channels of ${depths} planes at ${times} times`,
  );
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

async function readText(source: ByteSource): Promise<string> {
  if (source.size > MAX_METADATA) {
    throw new RangeError(`its metadata claim ${source.size} bytes`);
  }
  return new TextDecoder().decode(await source.read(0, source.size));
}
