import { ProgressBar } from "@std/cli/unstable-progress-bar";
import { fitLine } from "./fit_line.ts";

/** Erases from where the cursor is to the end of the screen. */
const ERASE = "\x1b[J";

/** How a bar is drawn. */
export interface ProgressBarOptions {
  /** What is worked on. */
  readonly name: string;
  /** The value at the end. */
  readonly max: number;
  /** How far it is, in words. */
  readonly describe: (value: number, milliseconds: number) => string;
}

/** Where a bar is, and its end. */
export interface Bar {
  /** How much is done. */
  value: number;
  /** Takes the bar away. */
  stop(): Promise<void>;
}

/**
 * A bar on a row of the terminal, on standard error. The cursor waits where the row begins: where the terminal was made
 * narrower and has broken it into several, all of them are erased before it is drawn anew.
 */
export function startBar({ name, max, describe }: ProgressBarOptions): Bar {
  const bar = new ProgressBar({
    max,
    clear: true,
    formatter: ({ value, time }) => {
      const text = describe(value, time);
      const line = fitLine({ name, share: value / max, text }, columns());
      return `${ERASE}${line}\r`;
    },
  });
  return {
    get value() {
      return bar.value;
    },
    set value(value) {
      bar.value = value;
    },
    async stop() {
      await bar.stop();
      eraseBar();
    },
  };
}

/** Makes way for a line that is printed while a bar may be shown; the bar is drawn again below it. */
export function eraseBar(): void {
  if (!Deno.stderr.isTerminal()) return;
  Deno.stderr.writeSync(new TextEncoder().encode(`\r${ERASE}`));
}

function columns(): number {
  try {
    return Deno.consoleSize().columns || 80;
  } catch {
    return 80; // standard error alone is a terminal
  }
}
