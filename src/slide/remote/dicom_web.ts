import { cannot } from "../../errors/cannot.ts";
import { MAX_BLOCK_BYTES, MAX_DICOMWEB_METADATA } from "../../io/limits.ts";
import { Semaphore } from "../../io/semaphore.ts";
import { fetchWhole, type WholeAnswer } from "./fetch_whole.ts";
import type { RemoteOptions } from "./open_url_source.ts";
import { withRetries } from "./with_retries.ts";

/**
 * A series on a DICOMweb server.
 *
 * @category Slides
 */
export interface DicomWebSeries {
  /** The URL of the service, such as `https://example.org/dicom-web`. */
  readonly dicomweb: string | URL;
  /** The UID of the study. */
  readonly study: string;
  /** The UID of the series. */
  readonly series: string;
  /** Headers for every request, such as `Authorization`; they do not follow redirects to another origin. */
  readonly headers?: HeadersInit;
}

/** Concurrent requests; browsers allow no more per host over HTTP/1.1. */
const MOST_REQUESTS = 6;
/** Milliseconds before a second attempt. */
const BACK_OFF = 300;

const UID = /^\d+(\.\d+)*$/;

/** Whether a URL is that of a series, as DICOMweb has them. */
export function isSeriesUrl({ pathname }: URL): boolean {
  return /\/studies\/[\d.]+\/series\/[\d.]+\/?$/.test(pathname);
}

/**
 * The URL of a series.
 *
 * @throws {TypeError} If the service is no URL, or a UID is none.
 */
export function seriesUrl(
  { dicomweb, study, series }: DicomWebSeries,
): string {
  for (const [name, uid] of Object.entries({ study, series })) {
    if (UID.test(uid)) continue;
    throw cannot("open a slide", `${name} must be a UID`, {
      received: uid,
      kind: TypeError,
    });
  }
  if (!URL.canParse(dicomweb) || !/^https?:/i.test(String(dicomweb))) {
    throw cannot("open a slide", "dicomweb must be an http or https URL", {
      received: String(dicomweb),
      kind: TypeError,
    });
  }
  const url = new URL(dicomweb);
  url.pathname = `${
    url.pathname.replace(/\/+$/, "")
  }/studies/${study}/series/${series}`;
  return url.href;
}

/** A frame as a server sends it. */
export interface WebFrame {
  readonly bytes: Uint8Array<ArrayBuffer>;
  /** Its media type, with its parameters. */
  readonly type: string;
}

/**
 * Requests to a DICOMweb server, for one series.
 *
 * Source: DICOM PS3.18, 8.7 (media types) and 10.4 (WADO-RS).
 */
export class DicomWeb {
  readonly #url: URL;
  readonly #options: RemoteOptions & { readonly signal?: AbortSignal };
  readonly #requests = new Semaphore({ count: MOST_REQUESTS });
  readonly #stop = new AbortController();
  readonly #running = new Set<Promise<unknown>>();

  constructor(
    url: URL,
    options: RemoteOptions & { readonly signal?: AbortSignal },
  ) {
    this.#url = url;
    this.#options = options;
  }

  /**
   * Fetches what is said of all instances, as JSON.
   *
   * @throws {TransferError} If it cannot be fetched.
   * @throws {SyntaxError} If it is not JSON.
   */
  async readMetadata(signal?: AbortSignal): Promise<unknown> {
    const { bytes } = await this.#get("/metadata", {
      accept: "application/dicom+json",
      most: MAX_DICOMWEB_METADATA,
      signal,
    });
    try {
      return JSON.parse(new TextDecoder().decode(bytes));
    } catch (cause) {
      throw cannot(
        "read a DICOMweb series",
        "its server sent metadata that are not JSON",
        { kind: SyntaxError, cause },
      );
    }
  }

  /**
   * Fetches a frame as it is stored.
   *
   * @param frame Its number, from 0.
   * @throws {TransferError} If it cannot be fetched.
   * @throws {SyntaxError} If the answer holds none.
   */
  async readFrame(
    instance: string,
    frame: number,
    signal?: AbortSignal,
  ): Promise<WebFrame> {
    const path = `/instances/${encodeURIComponent(instance)}/frames/`;
    return firstPart(
      await this.#get(path + (frame + 1), {
        accept:
          'multipart/related; type="application/octet-stream"; transfer-syntax=*',
        most: MAX_BLOCK_BYTES,
        signal,
      }),
    );
  }

  /** Ends what is in progress. */
  async close(): Promise<void> {
    this.#stop.abort(cannot("read a file", "it is closed", {
      kind: TypeError,
    }));
    await Promise.allSettled(this.#running);
  }

  async #get(
    path: string,
    { accept, most, signal }: {
      readonly accept: string;
      readonly most: number;
      readonly signal?: AbortSignal;
    },
  ): Promise<WholeAnswer> {
    const url = new URL(this.#url);
    url.pathname = url.pathname.replace(/\/+$/, "") + path;
    const { headers, timeout = 10_000, attempts = 4 } = this.#options;
    const all = AbortSignal.any(
      [this.#stop.signal, this.#options.signal, signal]
        .filter((each) => each !== undefined),
    );
    const answer = (async () => {
      using _ = await this.#requests.take({ signal: all });
      return await withRetries(
        () =>
          fetchWhole(url.href, {
            ...{ accept, most, headers, timeout },
            signal: all,
          }),
        { attempts, backOff: BACK_OFF, signal: all },
      );
    })();
    this.#running.add(answer);
    try {
      return await answer;
    } finally {
      this.#running.delete(answer);
    }
  }
}

/**
 * The first part of an answer in parts, or an answer of one part.
 *
 * Source: RFC 2046, 5.1; RFC 2387.
 *
 * @throws {SyntaxError} If it has none.
 */
export function firstPart({ bytes, type }: WholeAnswer): WebFrame {
  if (!/^multipart\//i.test(type)) return { bytes, type };
  const boundary = /;\s*boundary=(?:"([^"]+)"|([^;\s]+))/i.exec(type);
  const mark = new TextEncoder().encode(
    `--${boundary?.[1] ?? boundary?.[2] ?? ""}`,
  );
  const start = boundary ? indexOf(bytes, mark, 0) : -1;
  const head = start < 0
    ? -1
    : indexOf(bytes, Uint8Array.of(13, 10, 13, 10), start + mark.length);
  if (head < 0) throw noPart();
  const lines = new TextDecoder().decode(
    bytes.subarray(start + mark.length, head),
  );
  const length = Number(/^content-length:\s*(\d+)/im.exec(lines)?.[1] ?? NaN);
  const from = head + 4;
  // A boundary might occur in the data, so a length comes first.
  const end = from + length <= bytes.length
    ? from + length
    : indexOf(bytes, Uint8Array.of(13, 10, ...mark), from);
  if (end < 0) throw noPart();
  const own = lines.split("\n")
    .find((line) => /^content-type:/i.test(line))?.slice(13).trim();
  return { bytes: bytes.slice(from, end), type: own ?? "" };
}

function noPart(): Error {
  return cannot(
    "read a DICOMweb frame",
    "its server sent an answer without its parts",
    { kind: SyntaxError },
  );
}

function indexOf(bytes: Uint8Array, part: Uint8Array, from: number): number {
  for (
    let at = bytes.indexOf(part[0], from);
    at >= 0;
    at = bytes.indexOf(part[0], at + 1)
  ) {
    if (part.every((byte, i) => bytes[at + i] === byte)) return at;
  }
  return -1;
}
