/** The exit code of a command that Ctrl-C ended. */
export const INTERRUPTED = 130;

/** Signals that end a command early, and the exit codes that shells have for them: 128 and the signal's number. */
const CODES = { SIGINT: INTERRUPTED, SIGTERM: 143, SIGHUP: 129 } as const;

/** What ends a command early. */
export interface Interrupts extends Disposable {
  /** Aborts at the first signal. */
  readonly signal: AbortSignal;
  /** The exit code, once a signal has come. */
  readonly code: number | undefined;
}

/**
 * Listens for Ctrl-C, SIGTERM and SIGHUP until it is disposed of. The second Ctrl-C ends the process at once, whatever the
 * command waits for.
 */
export function listenForInterrupts(): Interrupts {
  const controller = new AbortController();
  let code: number | undefined;
  const listeners = Object.entries(CODES).filter(([name]) =>
    name === "SIGINT" || Deno.build.os !== "windows"
  ).map(([name, exitCode]) => {
    const listener = () => {
      if (name === "SIGINT" && code !== undefined) Deno.exit(exitCode);
      code ??= exitCode;
      controller.abort(new Error("Interrupted"));
    };
    Deno.addSignalListener(name as Deno.Signal, listener);
    return [name as Deno.Signal, listener] as const;
  });
  return {
    signal: controller.signal,
    get code() {
      return code;
    },
    [Symbol.dispose]() {
      for (const listener of listeners) Deno.removeSignalListener(...listener);
    },
  };
}
