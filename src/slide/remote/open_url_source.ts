import { cannot } from "../../errors/cannot.ts";
import { Semaphore } from "../../io/semaphore.ts";
import { type ByteRange, type ByteSource, checkRange } from "../byte_source.ts";
import { fetchRange, type FileRange } from "./fetch_range.ts";
import { fetchFollowing } from "./follow_redirects.ts";
import { mergePages, PageCache, type PageRun } from "./page_cache.ts";
import { TransferError, withRetries } from "./with_retries.ts";

/**
 * How to read slides from a server.
 *
 * @category Slides
 */
export interface RemoteOptions {
  /** Headers for every request, such as `Authorization`; they do not follow redirects to another origin. */
  readonly headers?: HeadersInit;
  /** Milliseconds of silence after which a request is aborted. Default: 10,000. */
  readonly timeout?: number;
  /** Attempts for a request that fails temporarily. Default: 4. */
  readonly attempts?: number;
  /** Bytes of the file to cache. Default: 64 MiB. */
  readonly cacheBytes?: number;
}

/** Small enough that the ends of a run cost little, large enough to keep pages few. */
const PAGE = 2048;
/** Pages to read at a new position: directories are close together. */
const FIRST_PAGES = 8;
/** Pages to read of a file that is read whole: most such files are small. */
const MOST_FIRST_PAGES = 512;
/** Pages in one request: large enough for speed, small enough to retry. */
const MOST_PAGES = 1024;
/** Concurrent requests; browsers allow no more per host over HTTP/1.1. */
const MOST_REQUESTS = 6;
/** Milliseconds before a second attempt. */
const BACK_OFF = 300;

/**
 * Opens a file on a server for reading by range. Pages are cached, neighbors are fetched together, and reads can be
 * announced. The server must support range requests.
 *
 * @param options.expected Bytes that will be read from its start: a file no larger takes one request.
 * @throws {TransferError} If the server does not support them, or does not have the file.
 */
export async function openUrlSource(
  url: string,
  options: RemoteOptions & {
    readonly signal?: AbortSignal;
    readonly expected?: number;
  } = {},
): Promise<ByteSource> {
  const { expected = 0 } = options;
  const firstPages = Math.min(
    MOST_FIRST_PAGES,
    Math.max(FIRST_PAGES, Math.ceil(expected / PAGE)),
  );
  const { headers, timeout = 10_000, attempts = 4, cacheBytes = 2 ** 26 } =
    options;
  const stop = new AbortController();
  const closed = stop.signal;
  const cache = new PageCache(Math.max(FIRST_PAGES, cacheBytes / PAGE));
  const running = new Set<Promise<unknown>>();
  const requests = new Semaphore({ count: MOST_REQUESTS });

  const load = (offset: number, length: number, signal: AbortSignal) =>
    withRetries(
      () => fetchRange(url, { offset, length, headers, timeout, signal }),
      { attempts, backOff: BACK_OFF, signal },
    );

  const first = await load(
    0,
    PAGE * firstPages,
    options.signal ? AbortSignal.any([closed, options.signal]) : closed,
  );
  const size = first.size ??
    await fetchSize(url, { headers, timeout, signal: closed });
  const pageEnd = Math.ceil(size / PAGE);
  addRun(
    { first: 0, end: Math.min(firstPages, pageEnd) },
    Promise.resolve(first),
  );

  /** Adds the pages of a run that is being fetched to the cache. */
  function addRun({ first, end }: PageRun, range: Promise<FileRange>): void {
    for (let page = first; page < end; page++) {
      const at = (page - first) * PAGE;
      // Copied, so that one cached page does not keep the whole run in memory.
      cache.add(page, range.then(({ bytes }) => bytes.slice(at, at + PAGE)));
    }
  }

  async function fetchRun({ first, end }: PageRun): Promise<FileRange> {
    using _ = await requests.take({ signal: closed });
    const offset = first * PAGE;
    const length = Math.min(end * PAGE, size) - offset;
    const range = await load(offset, length, closed);
    checkSame(range);
    if (range.bytes.length === length) return range;
    throw new TransferError(
      `its server sent ${range.bytes.length} of ${length} bytes at ${offset}`,
      { passing: false },
    );
  }

  /** Every response is compared, instead of using If-Range: servers support that unevenly, and in browsers it needs a preflight. */
  function checkSame({ size: now = size, version }: FileRange): void {
    if (now === size && version === first.version) return;
    throw new TransferError("it changed on its server while it was read", {
      passing: false,
    });
  }

  /** Fetches the missing ones of pages in ascending order. */
  function request(pages: readonly number[]): void {
    const missing = pages.filter((page) => !cache.has(page));
    for (const run of mergePages(missing, { most: MOST_PAGES })) {
      const range = fetchRun(run);
      running.add(range);
      range.catch(() => {}).finally(() => running.delete(range));
      addRun(run, range);
    }
  }

  return {
    size,
    version: first.version && `${size} ${first.version}`,
    async read(
      offset: number,
      length: number,
    ): Promise<Uint8Array<ArrayBuffer>> {
      if (closed.aborted) {
        throw cannot("read a file", "it is closed", { kind: TypeError });
      }
      checkRange(offset, length, size);
      const bytes = new Uint8Array(length);
      if (length === 0) return bytes;
      const pages = pagesOf({ offset, length });
      const known = pages.some((page) => cache.has(page));
      const more = known ? 0 : FIRST_PAGES - pages.length;
      for (let i = 0; i < more && pages.at(-1)! + 1 < pageEnd; i++) {
        pages.push(pages.at(-1)! + 1);
      }
      request(pages);
      const last = Math.floor((offset + length - 1) / PAGE);
      await Promise.all(
        pages.filter((page) => page <= last).map(async (page) => {
          const part = await cache.get(page);
          const from = page * PAGE - offset;
          bytes.set(
            part.subarray(Math.max(0, -from), length - from),
            Math.max(0, from),
          );
        }),
      );
      return bytes;
    },
    prefetch(ranges: readonly ByteRange[]): void {
      if (closed.aborted) return;
      const pages = new Set<number>();
      for (const range of ranges) {
        // More would evict announced pages before they are read.
        if (pages.size * PAGE > cacheBytes / 4) break;
        if (range.offset + range.length > size) continue;
        for (const page of pagesOf(range)) pages.add(page);
      }
      request([...pages].sort((a, b) => a - b));
    },
    async close(): Promise<void> {
      stop.abort(cannot("read a file", "it is closed", { kind: TypeError }));
      await Promise.allSettled(running);
    },
  };
}

function pagesOf({ offset, length }: ByteRange): number[] {
  const first = Math.floor(offset / PAGE);
  const end = Math.ceil((offset + length) / PAGE);
  return Array.from({ length: end - first }, (_, i) => first + i);
}

/** Browsers hide Content-Range of other origins unless these expose it, but not the length of the whole. */
async function fetchSize(
  url: string,
  { headers, timeout, signal }: {
    headers?: HeadersInit;
    timeout: number;
    signal: AbortSignal;
  },
): Promise<number> {
  const response = await fetchFollowing(url, {
    method: "HEAD",
    headers,
    signal: AbortSignal.any([signal, AbortSignal.timeout(timeout)]),
  });
  await response.body?.cancel();
  const size = Number(response.headers.get("Content-Length") ?? NaN);
  if (response.ok && size > 0) return size;
  throw new TransferError("its server does not state its size", {
    passing: false,
  });
}
