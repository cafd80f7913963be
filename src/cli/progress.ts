import { formatNumber } from "../report/markup.ts";
import type { UpdateEvent } from "../train/train_event.ts";
import { unicodeWidth } from "@std/cli/unicode-width";
import { ProgressBar } from "@std/cli/unstable-progress-bar";

const INTERVAL = 10_000;

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

/** What a line of progress says. */
export interface LineParts {
  /** What is worked on. */
  readonly name: string;
  /** How much of it is done, 0 to 1. */
  readonly share: number;
  /** How far it is in words, the most important part first, separated by commas. */
  readonly text: string;
}

/** Columns of the bar. */
const BAR = 30;
/** A bar, or a name, that is shorter says nothing. */
const LEAST = 8;

const segmenter = new Intl.Segmenter("en");

/**
 * A line of progress that a terminal of so many columns shows on one row. Where it is too long, the bar is shortened and left
 * out first; then the name is shortened, then parts of the text are left out from the end.
 */
export function fitLine(
  { name, share, text }: LineParts,
  columns: number,
): string {
  // What is written into the last column makes some terminals go on in the next row.
  const room = Math.max(1, columns - 1);
  // File names may hold line ends, and what terminals obey.
  const label = name.replace(/\p{Cc}/gu, "\ufffd");
  const left = room - widthOf(label) - widthOf(text) - 1;
  if (left > LEAST) {
    const length = Math.min(BAR, left - 1);
    const filled = Math.floor(Math.min(1, Math.max(0, share)) * length);
    return `${label} ${"█".repeat(filled).padEnd(length, "░")} ${text}`;
  }
  const parts = text.split(", ");
  for (let count = parts.length; count > 0; count--) {
    const shown = parts.slice(0, count).join(", ");
    const most = room - 1 - widthOf(shown);
    if (most >= Math.min(LEAST, widthOf(label))) {
      return `${shorten(label, most)} ${shown}`;
    }
  }
  return shorten(parts[0], room);
}

/** As many columns of a terminal as a text takes: two for a character of East Asia, or a picture. */
export function widthOf(text: string): number {
  return Iterator.from(segmenter.segment(text))
    .reduce((sum, { segment }) => sum + segmentWidth(segment), 0);
}

/** Of what is drawn as one; the selector asks for the picture of a sign that is narrow else. */
function segmentWidth(segment: string): number {
  return segment.includes("\ufe0f") ? 2 : unicodeWidth(segment);
}

/** The text, or its beginning and an ellipsis. */
function shorten(text: string, columns: number): string {
  if (widthOf(text) <= columns) return text;
  let short = "";
  let width = 1; // the ellipsis
  for (const { segment } of segmenter.segment(text)) {
    width += segmentWidth(segment);
    if (width > columns) break;
    short += segment;
  }
  return short + "…";
}

/** Tells how far a slide is. */
export interface Progress {
  /** One more tile is done. */
  step(): void;
  /** Nothing more comes. */
  stop(): Promise<void>;
}

/** Milliseconds between plain lines. */

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

/** Tells how far a training run is. */
export interface TrainProgress {
  /** An update is done. */
  update(event: UpdateEvent): void;
  /** The epoch's updates are done, its validation follows. */
  pause(): Promise<void>;
}

/** Milliseconds between plain lines. */

/** A bar an epoch on a terminal, a line now and then elsewhere, on standard error; nothing where it shall be quiet. */
export function startTrainProgress(
  { epochs, batch, quiet }: {
    readonly epochs: number;
    /** Images of an update. */
    readonly batch: number;
    readonly quiet: boolean;
  },
): TrainProgress {
  let printed = performance.now();
  let before: number | undefined;
  /** Seconds of an update, smoothed; the first one's are the shaders' too. */
  let seconds: number | undefined;
  let bar: Bar | undefined;
  let text = "";
  const measure = () => {
    const now = performance.now();
    if (before !== undefined) {
      const latest = (now - before) / 1000;
      seconds = seconds === undefined ? latest : 0.9 * seconds + 0.1 * latest;
    }
    before = now;
  };
  const describe = (event: UpdateEvent): string => {
    const { epoch, update, updates, loss, learningRate } = event;
    const known = `${update}/${updates}, loss ${loss.toFixed(4)}`;
    const rate = `learning rate ${formatNumber(learningRate)}`;
    if (seconds === undefined) return `${known}, ${rate}`;
    const left = (epochs - epoch) * updates + updates - update;
    const speed = formatNumber(batch / seconds);
    return `${known}, ${
      timeLeft(left * seconds)
    } left, ${speed} images/s, ${rate}`;
  };
  return {
    update(event) {
      if (quiet) return;
      measure();
      text = describe(event);
      const name = `epoch ${event.epoch}/${epochs}`;
      if (Deno.stderr.isTerminal()) {
        bar ??= startBar({ name, max: event.updates, describe: () => text });
        bar.value = event.update;
      } else if (performance.now() - printed >= INTERVAL) {
        printed = performance.now();
        console.error(`${name}: ${text}`);
      }
    },
    async pause() {
      await bar?.stop();
      bar = undefined;
      before = undefined; // validation is not of an update
    },
  };
}
