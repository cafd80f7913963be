import {
  connectionError,
  PASSING,
  retryAfter,
  SilenceClock,
} from "./fetch_range.ts";
import { fetchFollowing } from "./follow_redirects.ts";
import { TransferError } from "./with_retries.ts";

/** Options for {@linkcode fetchWhole}. */
export interface FetchWholeOptions {
  /** The kinds of answers that are understood. */
  readonly accept: string;
  /** The most bytes that are read. */
  readonly most: number;
  /** Further headers of the request; they do not follow redirects to another origin. */
  readonly headers?: HeadersInit;
  /** Milliseconds of silence after which a request is aborted; any request is aborted after ten times as long. */
  readonly timeout: number;
  readonly signal: AbortSignal;
}

/** An answer, whole. */
export interface WholeAnswer {
  readonly bytes: Uint8Array<ArrayBuffer>;
  /** Its Content-Type. */
  readonly type: string;
}

/**
 * Fetches an answer of limited length in one request.
 *
 * @throws {TransferError} If it cannot be fetched, or is longer.
 */
export async function fetchWhole(
  url: string,
  { accept, most, headers, timeout, signal }: FetchWholeOptions,
): Promise<WholeAnswer> {
  using clock = new SilenceClock(timeout, signal);
  try {
    const response = await fetchFollowing(url, {
      headers,
      open: { "Accept": accept },
      signal: clock.signal,
    });
    try {
      clock.reset();
      const { status, statusText } = response;
      if (status !== 200) {
        const answer = `${status} ${statusText}`.trim();
        const isAbsent = status === 404 || status === 410;
        throw new TransferError(
          isAbsent
            ? `it does not exist: its server answers ${answer}`
            : `its server answers ${answer}`,
          {
            passing: PASSING.includes(status),
            isAbsent,
            wait: retryAfter(response),
          },
        );
      }
      const bytes = await readUpTo(response, most, clock);
      return { bytes, type: response.headers.get("Content-Type") ?? "" };
    } finally {
      await response.body?.cancel().catch(() => {});
    }
  } catch (cause) {
    signal.throwIfAborted();
    if (cause instanceof TransferError) throw cause;
    throw clock.error() ?? connectionError(cause, url);
  }
}

async function readUpTo(
  { body }: Response,
  most: number,
  clock: SilenceClock,
): Promise<Uint8Array<ArrayBuffer>> {
  const parts: Uint8Array<ArrayBuffer>[] = [];
  let length = 0;
  for await (const chunk of body ?? []) {
    clock.reset();
    length += chunk.length;
    if (length > most) {
      throw new TransferError(`its server sent more than ${most} bytes`, {
        passing: false,
      });
    }
    parts.push(chunk);
  }
  return await new Blob(parts).bytes();
}
