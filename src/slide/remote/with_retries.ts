import { TransferError } from "./transfer_error.ts";

/** How {@linkcode withRetries} goes on. */
export interface RetryOptions {
  /** How often it is tried at most. */
  readonly attempts: number;
  /** Milliseconds before the second attempt; each further one waits twice as long. */
  readonly backOff: number;
  /** Ends the waiting early, with the signal's reason. */
  readonly signal: AbortSignal;
}

/** The longest wait between attempts: a server that asks for more is not waited for. */
const MAX_WAIT = 60_000;

/** Tries again what fails in passing, waiting longer each time, and as long as the server asks for. */
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
      // Half of it by chance, so that many readers do not return all at once.
      const usual = backOff * 2 ** (failed - 1) * (0.5 + Math.random() / 2);
      const wait = Math.max(usual, error.wait ?? 0);
      if (wait > MAX_WAIT) {
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
  return new TransferError(cause.message + more, { cause, passing: false });
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
