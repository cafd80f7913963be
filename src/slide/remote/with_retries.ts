import { reasonOf } from "../../errors/cannot.ts";
import { MAX_SERVER_WAIT } from "../../io/limits.ts";

/** Why a range could not be fetched; internal, since callers get its reason in an error that names the slide. */
export class TransferError extends Error {
  override readonly name = "TransferError";
  /** Whether another attempt may succeed. */
  readonly passing: boolean;
  /** Milliseconds that the server asks to wait before it. */
  readonly wait?: number;
  /** Whether the server does not have the file. */
  readonly isAbsent: boolean;
  /** What the server answered, if it was that. */
  readonly status?: number;

  /** Creates an error whose message is a reason. */
  constructor(
    message: string,
    options: ErrorOptions & {
      readonly passing: boolean;
      readonly wait?: number;
      readonly isAbsent?: boolean;
      readonly status?: number;
    },
  ) {
    super(message, options);
    this.passing = options.passing;
    this.wait = options.wait;
    this.isAbsent = options.isAbsent ?? false;
    this.status = options.status;
  }
}

/** Options for {@linkcode withRetries}. */
export interface RetryOptions {
  /** Maximum number of attempts. */
  readonly attempts: number;
  /** Milliseconds before the second attempt; each further one waits twice as long. */
  readonly backOff: number;
  /** Stops the waiting early, with the signal's reason. */
  readonly signal: AbortSignal;
}

/** Retries temporary failures, waiting longer each time, and at least as long as the server requests. */
export async function withRetries<T>(
  attempt: () => Promise<T>,
  { attempts, backOff, signal }: RetryOptions,
): Promise<T> {
  for (let failed = 0;;) {
    try {
      return await attempt();
    } catch (error) {
      signal.throwIfAborted();
      if (!(error instanceof TransferError) || !error.passing) throw error;
      failed++;
      // With jitter, so that many readers do not return at the same time.
      const usual = backOff * 2 ** (failed - 1) * (0.5 + Math.random() / 2);
      const wait = Math.max(usual, error.wait ?? 0);
      if (wait > MAX_SERVER_WAIT) {
        throw restate(error, `, and asks to wait ${Math.round(wait / 1000)} s`);
      }
      if (failed >= attempts) {
        throw restate(error, attempts > 1 ? ` (tried ${attempts} times)` : "");
      }
      await pause(wait, signal);
    }
  }
}

function restate(cause: TransferError, more: string): TransferError {
  return new TransferError(reasonOf(cause) + more, { cause, passing: false });
}

function pause(milliseconds: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    const stop = () => {
      clearTimeout(timer);
      reject(signal.reason);
    };
    const timer = setTimeout(() => {
      signal.removeEventListener("abort", stop);
      resolve();
    }, milliseconds);
    signal.addEventListener("abort", stop, { once: true });
  });
}
