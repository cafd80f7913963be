import { cannot, failureOf, reasonOf } from "../../errors/cannot.ts";
import { MAX_TIFF_DIRECTORIES, MAX_TIFF_READ } from "../../io/limits.ts";
import { GeoTIFF } from "geotiff";
import type { ByteSource } from "../byte_source.ts";
import { readTiffPage, type TiffPage } from "./tiff_page.ts";

/**
 * Reads every directory of a TIFF or BigTIFF: the chain, and below each page its SubIFDs.
 *
 * Source: TIFF 6.0; the BigTIFF proposal; Adobe's TIFF technical note 1 (SubIFDs).
 *
 * @throws {SyntaxError} If it is not a TIFF, or its directories are damaged or loop.
 */
export async function readTiffPages(
  source: ByteSource,
  options: { signal?: AbortSignal } = {},
): Promise<TiffPage[]> {
  const head = await source.read(0, Math.min(4, source.size));
  if (!isTiff(head)) {
    throw cannot("read the directories of a TIFF", "it is not a TIFF", {
      kind: SyntaxError,
    });
  }
  const seen = new Set<number>();
  try {
    const tiff = await GeoTIFF.fromSource(toGeotiffSource(source));
    return await readChain(tiff.firstIFDOffset, {
      tiff,
      source,
      seen,
      depth: 0,
      ...options,
    });
  } catch (cause) {
    options.signal?.throwIfAborted();
    if (cause instanceof SyntaxError) throw cause;
    throw cannot(
      "read the directories of a TIFF",
      `its directory ${seen.size} is damaged: ${explain(cause)}`,
      { kind: SyntaxError, cause },
    );
  }
}

interface ChainOptions {
  tiff: GeoTIFF;
  source: ByteSource;
  seen: Set<number>;
  depth: number;
  /** Prefix of the pages' names, and the number of the first page. */
  parent?: string;
  first?: number;
  signal?: AbortSignal;
}

async function readChain(
  first: number,
  options: ChainOptions,
): Promise<TiffPage[]> {
  const { tiff, source, seen, depth, signal } = options;
  const pages: TiffPage[] = [];
  for (let offset = first; offset !== 0;) {
    signal?.throwIfAborted();
    if (seen.has(offset)) {
      // A SubIFD may be listed and also linked from its sibling; in the main chain it is a loop.
      if (depth > 0) break;
      throw cannot("read the directories of a TIFF", "its directories loop", {
        kind: SyntaxError,
      });
    }
    if (seen.size === MAX_TIFF_DIRECTORIES) {
      throw cannot(
        "read the directories of a TIFF",
        `it has more than ${MAX_TIFF_DIRECTORIES} directories`,
        { kind: SyntaxError },
      );
    }
    seen.add(offset);
    const directory = await tiff.parser.parseFileDirectoryAt(offset);
    // SubIFDs of SubIFDs are not levels.
    const place = `${options.parent ?? ""}${depth === 0 ? "page" : "SubIFD"} ${
      pages.length + (options.first ?? 0)
    }`;
    const readChildren = async (offsets: number[]): Promise<TiffPage[]> => {
      const children: TiffPage[] = [];
      for (const child of depth === 0 ? offsets : []) {
        children.push(
          ...await readChain(child, {
            ...options,
            depth: 1,
            parent: `${place}, `,
            first: children.length,
          }),
        );
      }
      return children;
    };
    pages.push(
      await readTiffPage(directory, { tiff, source, place, readChildren }),
    );
    offset = directory.nextIFDByteOffset;
  }
  return pages;
}

/** Whether a file begins like a TIFF or BigTIFF. */
export function isTiff(head: Uint8Array): boolean {
  const [first, second] = head;
  if (first !== second || (first !== 0x49 && first !== 0x4d)) return false;
  const [low, high] = first === 0x49 ? [head[2], head[3]] : [head[3], head[2]];
  return (low === 42 || low === 43) && high === 0;
}

/** geotiff's view of the file: it ends at the end of the file, and huge directories are rejected. */
function toGeotiffSource(
  source: ByteSource,
): Parameters<typeof GeoTIFF.fromSource>[0] {
  async function fetchSlice(slice: { offset: number; length: number }) {
    const length = Math.max(
      0,
      Math.min(slice.length, source.size - slice.offset),
    );
    if (length > MAX_TIFF_READ) {
      throw cannot(
        "read the directories of a TIFF",
        `it claims ${slice.length} bytes, more than ${MAX_TIFF_READ}`,
        { kind: RangeError },
      );
    }
    const data = length === 0
      ? new ArrayBuffer(0)
      : (await source.read(slice.offset, length)).buffer;
    return { ...slice, data };
  }
  return {
    fileSize: source.size,
    fetchSlice,
    fetch: (slices) =>
      Promise.all(slices.map(async (slice) => (await fetchSlice(slice)).data)),
    close: () => Promise.resolve(),
  };
}

/** Why a directory cannot be read. Offsets and counts beyond any file surface as the runtime's range errors. */
function explain(cause: unknown): string {
  return cause instanceof RangeError && !failureOf(cause)
    ? "it points past the end of the file"
    : reasonOf(cause);
}
