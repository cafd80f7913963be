import { unicodeWidth } from "@std/cli/unicode-width";
import { ProgressBar } from "@std/cli/unstable-progress-bar";
import { printable } from "../errors/cannot.ts";
import { formatNumber } from "../report/markup.ts";
import type { UpdateEvent } from "../train/train_event.ts";
import { printError } from "./print.ts";

/** Milliseconds between plain lines. */
const INTERVAL = 10_000;

/** Erases from the cursor to the end of the screen. */
const ERASE = "\x1b[J";

/** The state of some work. */
export interface ProgressState {
  /** Name of the work. */
  readonly name: string;
  /** Number of steps done. */
  readonly done: number;
  /** Number of steps in all. */
  readonly total: number;
  /** Describes the progress; called each time it is drawn. */
  describe(): string;
}

/** Progress on standard error: a bar in a terminal, else a line every 10 seconds. */
export class Progress {
  #state: ProgressState | undefined;
  #bar: ProgressBar | undefined;
  #printed = performance.now();

  /** Shows a state. */
  show(state: ProgressState): void {
    this.#state = state;
    if (Deno.stderr.isTerminal()) {
      this.#bar ??= this.#start(state.total);
      this.#bar.value = state.done;
      return;
    }
    const now = performance.now();
    if (now - this.#printed < INTERVAL) return;
    this.#printed = now;
    printError(`${state.name}: ${state.describe()}`);
  }

  /** Removes the bar; the next state gets a new one. */
  async stop(): Promise<void> {
    if (!this.#bar) return;
    await this.#bar.stop();
    this.#bar = undefined;
    eraseBar();
  }

  /** The cursor waits at the start of the row: if the terminal has wrapped the bar, all of its rows are erased. */
  #start(max: number): ProgressBar {
    const formatter = (): string => {
      const { name, done, total, describe } = this.#state!;
      const parts = { name, share: done / total, text: describe() };
      return `${ERASE}${fitLine(parts, columns())}\r`;
    };
    return new ProgressBar({ max, clear: true, formatter });
  }
}

/** Progress of equal steps, at their average rate. */
export class StepProgress extends Progress {
  readonly #start = performance.now();
  readonly #options: { readonly name: string; readonly total: number };
  readonly #unit: string;
  #done = 0;

  /** Starts the clock. */
  constructor(
    { unit = "tiles", ...options }: {
      readonly name: string;
      readonly total: number;
      readonly unit?: string;
    },
  ) {
    super();
    this.#options = options;
    this.#unit = unit;
    this.#update();
  }

  /** Counts a step. */
  step(): void {
    this.#done++;
    this.#update();
  }

  #update(): void {
    const done = this.#done;
    this.show({ ...this.#options, done, describe: () => this.#describe() });
  }

  #describe(): string {
    const { total } = this.#options;
    const count = `${this.#done}/${total} ${this.#unit}`;
    if (this.#done === 0) return count;
    const rate = this.#done / (performance.now() - this.#start) * 1000;
    const left = timeLeft((total - this.#done) / rate);
    return `${count}, ${left} left, ${formatNumber(rate)} ${this.#unit}/s`;
  }
}

/** Progress of a training run, a bar per epoch; `batch` is the number of images per update. */
export class TrainProgress extends Progress {
  readonly #epochs: number;
  readonly #batch: number;
  #before: number | undefined;
  /** Seconds per update, smoothed; the first update, which compiles shaders, does not count. */
  #seconds: number | undefined;

  /** Shows nothing yet. */
  constructor(
    { epochs, batch }: { readonly epochs: number; readonly batch: number },
  ) {
    super();
    this.#epochs = epochs;
    this.#batch = batch;
  }

  /** Shows an update. */
  update(event: UpdateEvent): void {
    const { epoch, update: done, updates: total } = event;
    const now = performance.now();
    if (this.#before !== undefined) {
      const latest = (now - this.#before) / 1000;
      this.#seconds = 0.9 * (this.#seconds ?? latest) + 0.1 * latest;
    }
    this.#before = now;
    const text = this.#textOf(event);
    const name = `epoch ${epoch}/${this.#epochs}`;
    this.show({ name, done, total, describe: () => text });
  }

  /** Removes the bar; the time until the next update does not count, as validation comes first. */
  override async stop(): Promise<void> {
    this.#before = undefined;
    await super.stop();
  }

  #textOf({ epoch, update, updates, loss, learningRate }: UpdateEvent): string {
    const known = `${update}/${updates}, loss ${loss.toFixed(4)}`;
    const rate = `learning rate ${formatNumber(learningRate)}`;
    if (this.#seconds === undefined) return `${known}, ${rate}`;
    const left = (this.#epochs - epoch) * updates + updates - update;
    const time = timeLeft(left * this.#seconds);
    const speed = formatNumber(this.#batch / this.#seconds);
    return `${known}, ${time} left, ${speed} images/s, ${rate}`;
  }
}

/** Erases a bar before a line is printed; it is drawn again below the line. */
export function eraseBar(): void {
  if (!Deno.stderr.isTerminal()) return;
  Deno.stderr.writeSync(new TextEncoder().encode(`\r${ERASE}`));
}

function columns(): number {
  try {
    return Deno.consoleSize().columns || 80;
  } catch {
    return 80; // only standard error is a terminal
  }
}

/** The parts of a line of progress. */
export interface LineParts {
  /** Name of the work. */
  readonly name: string;
  /** Share that is done, 0 to 1. */
  readonly share: number;
  /** Description: parts separated by commas, the most important one first. */
  readonly text: string;
}

/** Columns of the bar. */
const BAR = 30;
/** Minimum columns of a bar or a name. */
const LEAST = 8;

const segmenter = new Intl.Segmenter("en");

/**
 * A line of progress that fits a row of the terminal. If it is too long, the bar is shortened and then left out, then the
 * name is shortened, then parts of the text are left out from the end.
 */
export function fitLine(
  { name, share, text }: LineParts,
  columns: number,
): string {
  // Some terminals wrap when the last column is written.
  const room = Math.max(1, columns - 1);
  const label = printable(name);
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

/** The columns that a text takes in a terminal: two for an East Asian character or an emoji. */
export function widthOf(text: string): number {
  return Iterator.from(segmenter.segment(text))
    .reduce((sum, { segment }) => sum + segmentWidth(segment), 0);
}

/** Columns of one grapheme; the variation selector turns a narrow sign into an emoji. */
function segmentWidth(segment: string): number {
  return segment.includes("\ufe0f") ? 2 : unicodeWidth(segment);
}

/** Shortens a text with an ellipsis if it is too wide. */
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

/** Formats seconds as `m:ss`, or as `h:mm:ss` from one hour. */
export function timeLeft(seconds: number): string {
  const all = Math.round(seconds);
  const [hours, minutes] = [Math.floor(all / 3600), Math.floor(all / 60) % 60];
  const two = (value: number) => String(value).padStart(2, "0");
  return hours > 0
    ? `${hours}:${two(minutes)}:${two(all % 60)}`
    : `${minutes}:${two(all % 60)}`;
}
