import { failureOf } from "../../errors/cannot.ts";
import {
  connectionError,
  PASSING,
  retryAfter,
  SilenceClock,
} from "./fetch_range.ts";
import { fetchFollowing, type FollowOptions } from "./follow_redirects.ts";
import { TransferError } from "./with_retries.ts";

/** Options for {@linkcode fetchWhole} and {@linkcode fetchInto}. */
export interface FetchWholeOptions
  extends Pick<FollowOptions, "only" | "onAnswer"> {
  /** The kinds of answers that are understood. */
  readonly accept: string;
  /** The most bytes that are read. */
  readonly most: number;
  /** Further headers of the request; they do not follow redirects to another origin. */
  readonly headers?: HeadersInit;
  /** Milliseconds of silence after which a request is aborted. */
  readonly timeout: number;
  /** Milliseconds after which any request is aborted. Default: ten times `timeout`. */
  readonly total?: number;
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
  options: FetchWholeOptions,
): Promise<WholeAnswer> {
  const parts: Uint8Array<ArrayBuffer>[] = [];
  const type = await fetchInto(url, options, (part) => void parts.push(part));
  return { bytes: await new Blob(parts).bytes(), type };
}

/**
 * Fetches an answer of limited length in one request, piece by piece.
 *
 * @returns its Content-Type.
 * @throws {TransferError} If it cannot be fetched, or is longer; also what `take` throws, if it was made by `cannot()`.
 */
export async function fetchInto(
  url: string,
  { accept, most, timeout, total, signal, ...request }: FetchWholeOptions,
  take: (piece: Uint8Array<ArrayBuffer>) => void | Promise<void>,
): Promise<string> {
  using clock = new SilenceClock(timeout, signal, total);
  try {
    const response = await fetchFollowing(url, {
      ...request,
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
            ...{ status, isAbsent, passing: PASSING.includes(status) },
            wait: retryAfter(response),
          },
        );
      }
      const type = response.headers.get("Content-Type") ?? "";
      if (/^text\/html\b/i.test(type)) {
        throw new TransferError(
          "its server sent a web page in its place: the address may be that of a page about it, or need an account",
          { passing: false },
        );
      }
      let length = 0;
      for await (const piece of response.body ?? []) {
        clock.reset();
        length += piece.length;
        if (length > most) {
          throw new TransferError(`its server sent more than ${most} bytes`, {
            passing: false,
          });
        }
        await take(piece);
      }
      return type;
    } finally {
      await response.body?.cancel().catch(() => {});
    }
  } catch (cause) {
    signal.throwIfAborted();
    if (cause instanceof TransferError || failureOf(cause)) throw cause;
    throw clock.error() ?? connectionError(cause, url);
  }
}
