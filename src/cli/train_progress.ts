import { formatNumber } from "../report/format_number.ts";
import type { UpdateEvent } from "../train/train_event.ts";
import { type Bar, startBar } from "./progress_bar.ts";
import { timeLeft } from "./progress.ts";

/** Tells how far a training run is. */
export interface TrainProgress {
  /** An update is done. */
  update(event: UpdateEvent): void;
  /** The epoch's updates are done, its validation follows. */
  pause(): Promise<void>;
}

/** Milliseconds between plain lines. */
const INTERVAL = 10_000;

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
