import { reasonOf } from "../../errors/cannot.ts";
import { fetchFollowing, notAllowed } from "./follow_redirects.ts";
import { TransferError } from "./with_retries.ts";

/** Options for {@linkcode fetchRange}. */
export interface FetchRangeOptions {
  readonly offset: number;
  readonly length: number;
  /** Further headers of the request; they do not follow redirects to another origin. */
  readonly headers?: HeadersInit;
  /** Milliseconds of silence after which a request is aborted; any request is aborted after ten times as long. */
  readonly timeout: number;
  readonly signal: AbortSignal;
}

/** A range of a file, and properties of the whole file. */
export interface FileRange {
  readonly bytes: Uint8Array<ArrayBuffer>;
  /** Size of the file; unknown where a browser hides it from other origins. */
  readonly size?: number;
  /** Identifies the state of the file: its ETag or modification time. */
  readonly version?: string;
}

/** Temporary failures of a server: timeouts, too many requests, overload. */
export const PASSING: readonly number[] = [408, 425, 429, 500, 502, 503, 504];

/**
 * Fetches a range of a file in one request; at the file's end it may be shorter than what was requested.
 *
 * Source: RFC 9110, 14 (range requests) and 10.2.3 (Retry-After).
 *
 * @throws {TransferError} If it cannot be fetched.
 */
export async function fetchRange(
  url: string,
  { offset, length, headers, timeout, signal }: FetchRangeOptions,
): Promise<FileRange> {
  using clock = new SilenceClock(timeout, signal);
  try {
    const response = await fetchFollowing(url, {
      headers,
      open: {
        "Range": `bytes=${offset}-${offset + length - 1}`,
        // Ranges of compressed responses would be ranges of other bytes. Browsers set it themselves.
        "Accept-Encoding": "identity",
      },
      signal: clock.signal,
    });
    try {
      clock.reset();
      const { start, size } = checkResponse(response, offset);
      const bytes = await readBody(response, length, clock);
      const expected = size === undefined
        ? bytes.length
        : Math.min(length, size - start);
      if (bytes.length !== expected) {
        throw new TransferError(
          `its server sent ${bytes.length} of ${expected} bytes at ${start}`,
          { passing: true },
        );
      }
      const version = response.headers.get("ETag") ??
        response.headers.get("Last-Modified") ?? undefined;
      return { bytes, size, version };
    } finally {
      await response.body?.cancel().catch(() => {});
    }
  } catch (cause) {
    signal.throwIfAborted();
    if (cause instanceof TransferError) throw cause;
    throw clock.error() ?? connectionError(cause, url);
  }
}

/** Aborts a request whose server is silent for too long, or too slow. */
export class SilenceClock implements Disposable {
  readonly signal: AbortSignal;
  readonly #controller = new AbortController();
  readonly #timeout: number;
  readonly #total: ReturnType<typeof setTimeout>;
  #idle: ReturnType<typeof setTimeout>;

  /** @param total Milliseconds after which any request is aborted. */
  constructor(timeout: number, signal: AbortSignal, total = timeout * 10) {
    this.#timeout = timeout;
    this.signal = AbortSignal.any([signal, this.#controller.signal]);
    this.#idle = this.#startIdle();
    // A slow transfer would not be faster on another attempt.
    this.#total = setTimeout(
      () => this.#end({ what: "is too slow", after: total, passing: false }),
      total,
    );
  }

  reset(): void {
    clearTimeout(this.#idle);
    this.#idle = this.#startIdle();
  }

  /** Why the request was aborted, if it was. */
  error(): TransferError | undefined {
    return this.#controller.signal.aborted
      ? this.#controller.signal.reason
      : undefined;
  }

  #startIdle(): ReturnType<typeof setTimeout> {
    const after = this.#timeout;
    return setTimeout(
      () => this.#end({ what: "sends nothing", after, passing: true }),
      after,
    );
  }

  #end({ what, after, passing }: {
    readonly what: string;
    readonly after: number;
    readonly passing: boolean;
  }): void {
    const message = `its server ${what}: gave up after ${after / 1000} s`;
    this.#controller.abort(new TransferError(message, { passing }));
  }

  [Symbol.dispose](): void {
    clearTimeout(this.#idle);
    clearTimeout(this.#total);
  }
}

/** Where the response begins, and the file's size if the server states it. */
function checkResponse(
  response: Response,
  offset: number,
): { start: number; size?: number } {
  const { status, statusText } = response;
  const answer = `${status} ${statusText}`.trim();
  if (status === 200) {
    throw new TransferError(
      "its server does not support range requests: it sends the whole file",
      { passing: false },
    );
  }
  if (status === 404 || status === 410) {
    throw new TransferError(`it does not exist: its server answers ${answer}`, {
      passing: false,
      isAbsent: true,
    });
  }
  if (response.headers.get("Content-Range") === "bytes */0") {
    throw new TransferError("it is empty", { passing: false });
  }
  if (status !== 206) {
    throw new TransferError(`its server answers ${answer}`, {
      passing: PASSING.includes(status),
      wait: retryAfter(response),
    });
  }
  const header = response.headers.get("Content-Range");
  if (header === null) return { start: offset };
  const match = header.match(/^bytes (\d+)-\d+\/(\d+|\*)$/);
  const [start, size] = [Number(match?.[1]), Number(match?.[2])];
  if (start !== offset) {
    throw new TransferError(
      `its server sent a range other than the requested one, "${header}" at ${offset}`,
      { passing: false },
    );
  }
  return Number.isNaN(size) ? { start } : { start, size };
}

/** Milliseconds to wait, as the server requests. */
export function retryAfter({ headers }: Response): number | undefined {
  const value = headers.get("Retry-After");
  if (value === null) return undefined;
  const seconds = /^\d+$/.test(value)
    ? Number(value)
    : (Date.parse(value) - Date.now()) / 1000;
  return seconds > 0 ? seconds * 1000 : undefined;
}

async function readBody(
  response: Response,
  length: number,
  clock: SilenceClock,
): Promise<Uint8Array<ArrayBuffer>> {
  const bytes = new Uint8Array(length);
  let end = 0;
  if (!response.body) return bytes.subarray(0, 0);
  for await (const chunk of response.body) {
    clock.reset();
    if (end + chunk.length > length) {
      throw new TransferError(
        `its server sent more than the requested ${length} bytes`,
        { passing: false },
      );
    }
    bytes.set(chunk, end);
    end += chunk.length;
  }
  return bytes.subarray(0, end);
}

/** Classifies what `fetch` throws: not permitted here, or failed in transit. */
export function connectionError(cause: unknown, url: string): TransferError {
  const name = cause instanceof Error ? cause.name : "";
  if (name === "NotCapable" || name === "PermissionDenied") {
    return notAllowed(new URL(url).host, cause);
  }
  return new TransferError(`the connection failed: ${rootReason(cause)}`, {
    passing: true,
    cause,
  });
}

/** Deno's error has the reason in its cause, after the URL, which the caller names already. */
function rootReason(error: unknown): string {
  if (error instanceof Error && error.cause !== undefined) {
    return rootReason(error.cause);
  }
  const reason = reasonOf(error);
  return reason.match(/^error sending request [^(]*\(.*?\): (.+)/)?.[1] ??
    reason;
}
