import { formatNumber } from "../report/format_number.ts";
import { startBar } from "./progress_bar.ts";

/** Tells how far a slide is. */
export interface Progress {
  /** One more tile is done. */
  step(): void;
  /** Nothing more comes. */
  stop(): Promise<void>;
}

/** Milliseconds between plain lines. */
const INTERVAL = 10_000;

/** A bar on a terminal, a line now and then elsewhere, on standard error; nothing where it shall be quiet. */
export function startProgress(
  { name, tiles, unit = "tiles", quiet }: {
    readonly name: string;
    readonly tiles: number;
    readonly unit?: string;
    readonly quiet: boolean;
  },
): Progress {
  if (quiet) return { step() {}, stop: () => Promise.resolve() };
  return Deno.stderr.isTerminal()
    ? barProgress(name, tiles, unit)
    : lineProgress(name, tiles, unit);
}

function barProgress(name: string, tiles: number, unit: string): Progress {
  const bar = startBar({
    name,
    max: tiles,
    describe: (done, time) => describe(done, tiles, unit, time),
  });
  return { step: () => void bar.value++, stop: () => bar.stop() };
}

function lineProgress(name: string, tiles: number, unit: string): Progress {
  const start = performance.now();
  let done = 0;
  let last = start;
  return {
    step() {
      done++;
      const now = performance.now();
      if (now - last < INTERVAL) return;
      last = now;
      console.error(`${name}: ${describe(done, tiles, unit, now - start)}`);
    },
    stop: () => Promise.resolve(),
  };
}

function describe(
  done: number,
  tiles: number,
  unit: string,
  milliseconds: number,
): string {
  const count = `${done}/${tiles} ${unit}`;
  if (done === 0) return count;
  const rate = done / milliseconds * 1000;
  const left = timeLeft((tiles - done) / rate);
  return `${count}, ${left} left, ${formatNumber(rate)} ${unit}/s`;
}

/** Seconds as a clock shows them: `m:ss`, from an hour on `h:mm:ss`. */
export function timeLeft(seconds: number): string {
  const all = Math.round(seconds);
  const [hours, minutes] = [Math.floor(all / 3600), Math.floor(all / 60) % 60];
  const two = (value: number) => String(value).padStart(2, "0");
  return hours > 0
    ? `${hours}:${two(minutes)}:${two(all % 60)}`
    : `${minutes}:${two(all % 60)}`;
}
