import type { BatchSource } from "./augmented_batches.ts";
import { oneCycle } from "./one_cycle.ts";
import { train, type TrainOptions } from "./train.ts";
import {
  bestEpoch,
  type TrainEvent,
  type TrainingProgress,
  type TrainingState,
} from "./train_event.ts";
import type {
  BatchResult,
  OptimizerOptions,
  TrainingStep,
} from "./training_step.ts";
import { assert, assertEquals, assertRejects, assertThrows } from "@std/assert";

/** Stands in for a network: its one weight follows from all that it was called with, in order. */
class FakeStep implements TrainingStep {
  readonly images = {} as TrainingStep["images"];
  readonly masks = {} as TrainingStep["masks"];
  readonly calls: string[] = [];
  readonly updates: OptimizerOptions[] = [];
  weight = 1;
  input = 0;
  loss: (weight: number) => number = (weight) => 1 / weight;
  applied = true;

  accumulate(
    { seed, weight = 1 }: { seed: number; weight?: number },
  ): Promise<BatchResult> {
    this.calls.push(`accumulate ${this.input}`);
    this.weight += (this.input + seed % 7) * weight;
    const loss = this.loss(this.weight);
    return Promise.resolve({ loss, finite: Number.isFinite(loss) });
  }

  update(options: OptimizerOptions) {
    this.calls.push("update");
    this.updates.push(options);
    if (this.applied) this.weight *= 1 + options.learningRate;
    return Promise.resolve({ norm: 1, applied: this.applied });
  }

  state(): Promise<TrainingState> {
    throw new Error("not needed here");
  }

  load(): void {}

  [Symbol.dispose](): void {}
}

/** Batches of numbers that follow from epoch and index. */
const data: BatchSource = {
  batches: 7,
  async *epoch({ epoch, from }) {
    for (let i = from; i < 7; i++) {
      await Promise.resolve();
      yield (step) => void ((step as FakeStep).input = epoch * 10 + i);
    }
  },
};

const settings: TrainOptions = {
  data,
  epochs: 3,
  accumulate: 2,
  maxLearningRate: 0.1,
  validate: () => Promise.resolve({ loss: 0.5, dice: 0.75 }),
};

async function collect(step: FakeStep, options: Partial<TrainOptions> = {}) {
  const events: TrainEvent[] = [];
  for await (const event of train(step, { ...settings, ...options })) {
    events.push(event);
  }
  return events;
}

Deno.test("train() makes updates of batches, and an epoch of updates", async () => {
  const step = new FakeStep();
  const events = await collect(step, { epochs: 2 });
  assertEquals(
    events.map((event) =>
      event.kind === "update" ? `${event.epoch}.${event.update}` : event.kind
    ),
    ["1.1", "1.2", "1.3", "epoch", "2.1", "2.2", "2.3", "epoch"],
  );
  // The seventh batch makes no whole update.
  assertEquals(step.calls.slice(0, 9), [
    ...["accumulate 10", "accumulate 11", "update"],
    ...["accumulate 12", "accumulate 13", "update"],
    ...["accumulate 14", "accumulate 15", "update"],
  ]);
  const schedule = oneCycle({ steps: 6, maxLearningRate: 0.1 });
  assertEquals(
    step.updates,
    [0, 1, 2, 3, 4, 5].map((i) => ({
      ...schedule(i),
      weightDecay: 1e-5,
      maxNorm: 1,
    })),
  );
});

Deno.test("train() records epochs, and the first of the best", async () => {
  const scores = [0.5, 0.8, 0.8];
  const losses: number[] = [];
  const step = new FakeStep();
  const events = await collect(step, {
    validate: () => Promise.resolve({ loss: 0.1, dice: scores.shift()! }),
  });
  const epochs = events.filter((event) => event.kind === "epoch");
  for (const event of events) {
    if (event.kind === "update") losses.push(event.loss);
  }
  assertEquals(epochs.map(({ best }) => best), [true, true, false]);
  assertEquals(epochs[2].progress.history.map(({ dice }) => dice), [
    0.5,
    0.8,
    0.8,
  ]);
  assertEquals(
    epochs[0].record.trainLoss,
    (losses[0] + losses[1] + losses[2]) / 3,
  );
  assertEquals(epochs[2].progress.epoch, 4);
});

Deno.test("train() without validate gives no NaN, and no epoch is the best", async () => {
  for (
    const validate of [undefined, () => Promise.resolve(undefined)] as const
  ) {
    const events = await collect(new FakeStep(), { validate });
    const epochs = events.filter((event) => event.kind === "epoch");
    assertEquals(epochs.map(({ best }) => best), [false, false, false]);
    for (const { record } of epochs) {
      assertEquals(Object.keys(record), ["epoch", "trainLoss", "learningRate"]);
    }
    assert(!JSON.stringify(events).includes("null"), "null is NaN in JSON");
    assertEquals(bestEpoch(epochs[2].progress.history), undefined);
  }
});

Deno.test("train() takes the best of the epochs that were validated, and goes on from one that was not", async () => {
  const scores = [{ loss: 0.1, dice: 0.5 }, undefined, { loss: 0.1, dice: 0 }];
  const events = await collect(new FakeStep(), {
    validate: () => Promise.resolve(scores.shift()),
  });
  const epochs = events.filter((event) => event.kind === "epoch");
  assertEquals(epochs.map(({ best }) => best), [true, false, false]);
  assertEquals(bestEpoch(epochs[2].progress.history)?.epoch, 1);
});

Deno.test("train() refuses a validation that is no number", async () => {
  await assertRejects(
    () =>
      collect(new FakeStep(), {
        validate: () => Promise.resolve({ loss: 0.1, dice: NaN }),
      }),
    RangeError,
    "Cannot continue training: a validation must give numbers, or undefined to skip the epoch (loss 0.1 and dice NaN after epoch 1)",
  );
});

Deno.test("train() goes on from any checkpoint to the same weights and records", async () => {
  const whole = new FakeStep();
  const checkpoints: { progress: TrainingProgress; weight: number }[] = [];
  let last: TrainEvent | undefined;
  for await (const event of train(whole, { ...settings, checkpointEvery: 1 })) {
    last = event;
    if (event.kind === "update") continue;
    checkpoints.push({ progress: event.progress, weight: whole.weight });
  }
  assertEquals(checkpoints.length, 9);
  for (const { progress, weight } of checkpoints.slice(0, -1)) {
    const step = new FakeStep();
    step.weight = weight;
    const events = await collect(step, {
      // A progress goes through a file.
      progress: JSON.parse(JSON.stringify(progress)),
    });
    assertEquals(step.weight, whole.weight);
    assertEquals(events.at(-1), last);
  }
});

Deno.test("train() yields a checkpoint when it is aborted, then throws the reason", async () => {
  const whole = new FakeStep();
  await collect(whole);
  for (const after of [1, 3, 4]) {
    const step = new FakeStep();
    const stop = new AbortController();
    const events: TrainEvent[] = [];
    await assertRejects(
      async () => {
        for await (
          const event of train(step, { ...settings, signal: stop.signal })
        ) {
          events.push(event);
          if (events.length === after) stop.abort(new Error("enough"));
        }
      },
      Error,
      "enough",
    );
    const end = events.at(-1)!;
    assert(end.kind === "checkpoint");
    await collect(step, { progress: end.progress });
    assertEquals(step.weight, whole.weight);
  }
});

Deno.test("train() ends where the loss is not finite", async () => {
  const step = new FakeStep();
  step.loss = () => step.updates.length === 4 ? NaN : 1;
  await assertRejects(
    () => collect(step),
    RangeError,
    "Cannot continue training: the loss must be finite, received NaN in epoch 2, update 2, learning rate ",
  );
});

Deno.test("train() bears some infinite gradients, but not forever", async () => {
  const step = new FakeStep();
  step.applied = false;
  const some = await collect(step, { epochs: 2 });
  assert(some.every((event) => event.kind !== "update" || !event.applied));
  await assertRejects(
    () => collect(step, { epochs: 20 }),
    RangeError,
    "gradients were not finite in 25 updates in a row, the last in epoch 9, update 1",
  );
});

Deno.test("train() refuses what is out of range", () => {
  const step = new FakeStep();
  const refuses = (options: Partial<TrainOptions>, message: string) =>
    assertThrows(
      () => train(step, { ...settings, ...options }),
      RangeError,
      message,
    );
  refuses(
    { epochs: 0 },
    "Cannot train: epochs must be a positive integer, received 0",
  );
  refuses({ accumulate: 1.5 }, "accumulate must be");
  refuses(
    { accumulate: 8 },
    "at least the 8 batches of one update, received 7",
  );
  refuses({ maxLearningRate: -1 }, "maxLearningRate");
});
