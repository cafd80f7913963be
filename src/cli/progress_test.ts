import { assertEquals } from "@std/assert";
import { captureConsole } from "../../tests/helpers/capture_console.ts";
import { startProgress } from "./progress.ts";
import { startTrainProgress } from "./train_progress.ts";

/** Runs with a clock of its own. */
async function withClock(
  action: (pass: (milliseconds: number) => void) => void,
): Promise<string> {
  const { now } = performance;
  let time = 0;
  performance.now = () => time;
  try {
    const { error } = await captureConsole(() => {
      action((milliseconds) => time += milliseconds);
      return Promise.resolve(0);
    });
    return error;
  } finally {
    performance.now = now;
  }
}

Deno.test({
  name: "startProgress() tells rates of any size without exponents",
  ignore: Deno.stderr.isTerminal(), // where it draws a bar
  fn: async () => {
    const error = await withClock((pass) => {
      const fast = startProgress({ name: "fast", tiles: 40_000, quiet: false });
      for (let i = 0; i < 1500; i++) {
        pass(i === 1499 ? 10_000 - 1499 : 1);
        fast.step();
      }
      const slow = startProgress({ name: "slow", tiles: 40, quiet: false });
      pass(30_000_000);
      slow.step();
    });
    assertEquals(
      error,
      "fast: 1500/40000 tiles, 4:17 left, 150 tiles/s\n" +
        "slow: 1/40 tiles, 325:00:00 left, 0.0000333 tiles/s\n",
    );
  },
});

Deno.test({
  name: "startTrainProgress() tells learning rates without exponents",
  ignore: Deno.stderr.isTerminal(),
  fn: async () => {
    const event = { kind: "update", epoch: 1, updates: 9, loss: 0.5 } as const;
    const more = { learningRate: 1e-6, norm: 1, applied: true };
    const error = await withClock((pass) => {
      const options = { epochs: 2, batch: 1600, quiet: false };
      const progress = startTrainProgress(options);
      pass(10_000);
      progress.update({ ...event, ...more, update: 1 });
      pass(10_000);
      progress.update({ ...event, ...more, update: 2 });
    });
    assertEquals(
      error,
      "epoch 1/2: 1/9, loss 0.5000, learning rate 0.000001\n" +
        "epoch 1/2: 2/9, loss 0.5000, 2:40 left, 160 images/s, learning rate 0.000001\n",
    );
  },
});
