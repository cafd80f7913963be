import { removeTemporaries } from "../io/atomic_file.ts";

/** The exit code of a command that Ctrl-C ended. */
export const INTERRUPTED = 130;

/** The exit code where another try may do; workflow engines know it. */
export const RETRY = 104;

/**
 * Signals that end a command early, and their exit codes. Schedulers send the user's signals before a limit, and workflow
 * engines retry after 143, not after 129, 138 or 140.
 */
const CODES = {
  ...{ SIGINT: INTERRUPTED, SIGTERM: 143, SIGHUP: 143 },
  ...{ SIGUSR1: 143, SIGUSR2: 143 },
} as const;

/** Milliseconds that schedulers leave a task at least, less what an exit takes. */
const MOST = 4500;

/** What ends a command early. */
export interface Interrupts extends Disposable {
  /** Aborts at the first signal. */
  readonly signal: AbortSignal;
  /** The exit code, once a signal has come. */
  readonly code: number | undefined;
}

/**
 * Listens for Ctrl-C, SIGTERM, SIGHUP, SIGUSR1 and SIGUSR2 until it is disposed of. The second Ctrl-C ends the process at once, whatever the command waits for; other signals, which schedulers send
 * several times, cut nothing short.
 *
 * @param options.bounded Whether a scheduler's signal ends the process within 5 s, whatever the command waits for: finished
 * tiles are in files. Default: false.
 */
export function listenForInterrupts(
  { bounded = false }: { readonly bounded?: boolean } = {},
): Interrupts {
  const controller = new AbortController();
  let code: number | undefined;
  let timer: ReturnType<typeof setTimeout> | undefined;
  const listeners = Object.entries(CODES).filter(([name]) =>
    name === "SIGINT" || Deno.build.os !== "windows"
  ).map(([name, exitCode]) => {
    const listener = () => {
      if (name === "SIGINT" && code !== undefined) Deno.exit(exitCode);
      if (code !== undefined) return; // a second signal cuts nothing short
      code = exitCode;
      if (bounded && name !== "SIGINT") {
        timer = setTimeout(() => {
          removeTemporaries();
          Deno.exit(exitCode);
        }, MOST);
        Deno.unrefTimer(timer);
      }
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
      clearTimeout(timer);
      for (const listener of listeners) Deno.removeSignalListener(...listener);
    },
  };
}
