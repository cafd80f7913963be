import { randomValues } from "../../tests/helpers/random_values.ts";
import { gpu } from "../../tests/helpers/shared_gpu.ts";
import { syntheticStateDict } from "../../tests/helpers/synthetic_state_dict.ts";
import { tinyUnext } from "../../tests/helpers/tiny_unext.ts";
import { graphLoss } from "../../tests/reference/graph_loss.ts";
import { buildGraph, parametersOf } from "../graph/graph.ts";
import { relu, sigmoid } from "../graph/ops/activation.ts";
import { add } from "../graph/ops/add.ts";
import { batchNorm } from "../graph/ops/batch_norm.ts";
import { concat } from "../graph/ops/concat.ts";
import { conv2d } from "../graph/ops/conv2d.ts";
import { globalMaxPool } from "../graph/ops/global_max_pool.ts";
import { maxPool2d } from "../graph/ops/max_pool2d.ts";
import { pixelShuffle } from "../graph/ops/pixel_shuffle.ts";
import { resizeBilinear } from "../graph/ops/resize_bilinear.ts";
import { packTensor } from "../kernels/pack.ts";
import type { Architecture } from "../models/architecture.ts";
import {
  type StateDict,
  type TensorData,
  toFloat32,
} from "../weights/tensor_data.ts";
import { compileTraining } from "./compile_training.ts";
import type { TrainingStep, TrainingStepOptions } from "./training_step.ts";
import { assert, assertEquals, assertRejects } from "@std/assert";

/** Every kind of layer, with channels that do not fill blocks and sizes that strides do not divide. */
const ragged: Architecture = {
  name: "ragged",
  forward(image) {
    const [, , height, width] = image.shape;
    const size = [height, width] as const;
    const stem = relu(
      batchNorm(
        conv2d(image, {
          name: "stem",
          channels: 6,
          kernel: 3,
          stride: 2,
          padding: 1,
          bias: false,
        }),
        { name: "stem_norm" },
      ),
    );
    const pooled = maxPool2d(stem, { kernel: 3, stride: 2, padding: 1 });
    const odd = conv2d(pooled, {
      name: "odd_groups",
      channels: 10,
      kernel: 3,
      padding: 1,
      groups: 2,
    });
    const even = conv2d(relu(odd), {
      name: "even",
      channels: 8,
      kernel: 1,
      bias: false,
    });
    const grouped = batchNorm(
      conv2d(sigmoid(even), {
        name: "groups",
        channels: 8,
        kernel: 3,
        padding: 2,
        dilation: 2,
        groups: 2,
      }),
      { name: "groups_norm" },
    );
    const sum = relu(add(grouped, even));
    const pointwise = conv2d(sigmoid(odd), {
      name: "pads",
      channels: 8,
      kernel: 1,
    });
    const all = conv2d(globalMaxPool(sum), {
      name: "global",
      channels: 5,
      kernel: 1,
    });
    const [, , down, across] = sum.shape;
    const broadcast = resizeBilinear(relu(all), { size: [down, across] });
    const shuffled = pixelShuffle(
      relu(conv2d(add(sum, pointwise), {
        name: "shuffle",
        channels: 12,
        kernel: 1,
        weightNorm: true,
      })),
      { factor: 2 },
    );
    const joined = relu(concat([
      shuffled,
      batchNorm(resizeBilinear(broadcast, { scale: 2 }), { name: "skip_norm" }),
    ], { name: "joined" }));
    const out = conv2d(joined, {
      name: "out",
      channels: 1,
      kernel: 3,
      padding: 1,
    });
    return resizeBilinear(out, { size });
  },
};

/** Values by the parameters' names: small weights, positive deviations. */
function randomStateDict(architecture: Architecture): StateDict {
  const graph = buildGraph(
    { image: [1, 3, 64, 64] },
    ({ image }) => ({ logits: architecture.forward(image) }),
  );
  return new Map(
    parametersOf(graph).map(({ name, shape }) => {
      const positive = /running_var|norm\.weight|weight_g/.test(name);
      const values = randomValues(shape, name)
        .map((x) => positive ? 1 + 0.5 * x : 0.6 * x);
      return [name, tensorOf(shape, values)];
    }),
  );
}

function tensorOf(shape: readonly number[], values: Float32Array): TensorData {
  const data = new Uint8Array(Float32Array.from(values).buffer);
  return { shape, dtype: "f32", data };
}

interface Batch {
  readonly image: Float32Array;
  readonly mask: Float32Array;
}

function randomBatch({ batch, height, width }: TrainingStepOptions, key = "") {
  return {
    image: randomValues([batch, 3, height, width], `image${key}`),
    mask: randomValues([batch, height, width], `mask${key}`)
      .map((x) => x > 0 ? 1 : 0),
  };
}

function write(
  step: TrainingStep,
  { image, mask }: Batch,
  { batch, height, width, precision = "f32" }: TrainingStepOptions,
): void {
  const packed = packTensor(image, [batch, 3, height, width], precision);
  const { queue } = gpu.device;
  queue.writeBuffer(step.images.buffer, step.images.offset, packed);
  queue.writeBuffer(
    step.masks.buffer,
    step.masks.offset,
    Float32Array.from(mask),
  );
}

for (const [height, width] of [[9, 13], [12, 7]]) {
  Deno.test(`compileTraining() computes the gradients that differences of the loss tell: ${height}×${width}`, async () => {
    const options = { batch: 2, height, width, dropout: false };
    const stateDict = randomStateDict(ragged);
    const batch = randomBatch(options);
    using step = await compileTraining(gpu, ragged, stateDict, options);
    write(step, batch, options);
    const { loss } = await step.accumulate({ seed: 0 });
    const gradients = await step.gradients();

    const graph = buildGraph(
      { image: [2, 3, height, width] },
      ({ image }) => ({ logits: ragged.forward(image) }),
    );
    const parameters = new Map(
      [...stateDict].map(([name, tensor]) =>
        [name, Float64Array.from(toFloat32(tensor))] as const
      ),
    );
    const lossNow = () =>
      graphLoss(graph, {
        image: Float64Array.from(batch.image),
        mask: Float64Array.from(batch.mask),
        parameters: (name) => parameters.get(name)!,
      });
    assert(Math.abs(loss - lossNow()) < 1e-5, `${loss}, not ${lossNow()}`);
    for (const [name, tensor] of gradients) {
      const gradient = toFloat32(tensor);
      const values = parameters.get(name)!;
      const largest = gradient.reduce((a, b) => Math.max(a, Math.abs(b)), 0);
      for (const share of [0.37, 0.83]) {
        const at = Math.floor(share * values.length);
        const before = values[at];
        const epsilon = 1e-5;
        values[at] = before + epsilon;
        const above = lossNow();
        values[at] = before - epsilon;
        const below = lossNow();
        values[at] = before;
        const expected = (above - below) / (2 * epsilon);
        const difference = Math.abs(gradient[at] - expected);
        assert(
          difference <= 1e-3 * largest + 1e-6,
          `${name}[${at}]: ${gradient[at]}, not ${expected}`,
        );
      }
    }
    // What pads channels must not learn: then the updated network is still the reference's.
    await step.update({ learningRate: 0.02, beta1: 0.9, weightDecay: 0.01 });
    const updated = await step.accumulate({ seed: 1 });
    for (const [name, tensor] of (await step.state()).parameters) {
      parameters.set(name, Float64Array.from(toFloat32(tensor)));
    }
    assert(Math.abs(updated.loss - loss) > 1e-3);
    const expected = lossNow();
    assert(
      Math.abs(updated.loss - expected) < 1e-5,
      `${updated.loss}, not ${expected}`,
    );
    assertEquals(
      [...gradients.keys()].toSorted(),
      [...stateDict.keys()].filter((key) => !key.includes("running"))
        .toSorted(),
    );
  });
}

const tinyOptions = { batch: 4, height: 64, width: 64 };
const adam = { learningRate: 1e-3, beta1: 0.9, maxNorm: 1 };

/** A mask that can be told from its image: bright, smooth blobs. */
function blobs({ batch, height, width }: TrainingStepOptions): Batch {
  const mask = new Float32Array(batch * height * width);
  const image = new Float32Array(batch * 3 * height * width);
  const noise = randomValues([image.length], "noise");
  for (let n = 0; n < batch; n++) {
    for (let y = 0; y < height; y++) {
      for (let x = 0; x < width; x++) {
        const inside = Math.sin((x + 9 * n) / 9) + Math.cos((y - 5 * n) / 11);
        const at = y * width + x;
        mask[n * height * width + at] = inside > 0.3 ? 1 : 0;
        for (let c = 0; c < 3; c++) {
          const i = (n * 3 + c) * height * width + at;
          image[i] = inside * (c - 0.7) + 0.2 * noise[i];
        }
      }
    }
  }
  return { image, mask };
}

for (const precision of ["f32", "f16"] as const) {
  Deno.test(`compileTraining() learns one batch of 4 to a loss below 0.02 within 200 steps in ${precision}`, async () => {
    const options = { ...tinyOptions, precision, dropout: false };
    const weights = syntheticStateDict(tinyUnext);
    using step = await compileTraining(gpu, tinyUnext, weights, options);
    write(step, blobs(options), options);
    let loss = Infinity;
    let steps = 0;
    for (; steps < 200 && loss >= 0.02; steps++) {
      const batch = step.accumulate({ seed: steps });
      const update = step.update({ ...adam, learningRate: 1e-2 });
      loss = (await batch).loss;
      assert((await update).applied);
    }
    console.log(`${precision}: loss ${loss.toFixed(4)} after ${steps} steps`);
    assert(loss < 0.02, `loss ${loss} after ${steps} steps`);
  });
}

/** Runs some updates, each on a batch of its own. */
async function run(step: TrainingStep, from: number, to: number) {
  for (let i = from; i < to; i++) {
    write(step, randomBatch(tinyOptions, `${i}`), tinyOptions);
    step.accumulate({ seed: i });
    await step.update(adam);
  }
}

Deno.test("compileTraining() makes equal bytes of equal seeds, also by way of a saved state", async () => {
  const weights = syntheticStateDict(tinyUnext);
  const compile = () => compileTraining(gpu, tinyUnext, weights, tinyOptions);
  using first = await compile();
  await run(first, 0, 2);
  const between = await first.state();
  await run(first, 2, 4);
  const expected = await first.state();
  assertEquals(expected.step, 4);

  using second = await compile();
  await run(second, 0, 4);
  assertEquals(await second.state(), expected);
  second.load(between);
  assertEquals(await second.state(), between);
  await run(second, 2, 4);
  assertEquals(await second.state(), expected);
});

Deno.test("A training step says that it was disposed", async () => {
  const weights = syntheticStateDict(tinyUnext);
  const step = await compileTraining(gpu, tinyUnext, weights, tinyOptions);
  const state = await step.state();
  step[Symbol.dispose]();
  step[Symbol.dispose](); // twice is once
  const message = "Cannot use the training step: it was disposed";
  const settings = { learningRate: 1e-3, beta1: 0.9, weightDecay: 0 };
  const uses = [
    () => step.accumulate({ seed: 1 }),
    () => step.update({ ...settings, maxNorm: 1 }),
    () => step.state(),
    () => Promise.try(() => step.load(state)),
  ];
  for (const use of uses) await assertRejects(use, Error, message);
  gpu.check(); // nothing reached the device
});

Deno.test("accumulate() adds the gradients of batches by their weights", async () => {
  const options = { ...tinyOptions, batch: 2, dropout: false };
  const weights = syntheticStateDict(tinyUnext);
  using step = await compileTraining(gpu, tinyUnext, weights, options);
  const all: Map<string, Float32Array>[] = [];
  for (const wanted of [[0], [1], [2], [0, 1, 2]]) {
    step.load({
      parameters: weights,
      moments: new Map(),
      step: 0,
      lossScale: 1,
      steadySteps: 0,
    });
    for (const i of wanted) {
      write(step, randomBatch(options, `${i}`), options);
      await step.accumulate({ seed: 0, weight: i + 0.5 });
    }
    const gradients = await step.gradients();
    all.push(new Map([...gradients].map(([k, t]) => [k, toFloat32(t)])));
  }
  const [a, b, c, sum] = all;
  for (const [name, values] of sum) {
    const largest = values.reduce((m, x) => Math.max(m, Math.abs(x)), 1e-6);
    values.forEach((value, i) => {
      const parts = a.get(name)![i] + b.get(name)![i] + c.get(name)![i];
      assert(Math.abs(value - parts) <= 1e-5 * largest, name);
    });
  }
  // The update's norm is that of the sum, and the next begins with none.
  const norm = Math.sqrt(
    [...sum.values()].reduce(
      (total, values) =>
        total + values.reduce((squares, x) => squares + x * x, 0),
      0,
    ),
  );
  const update = await step.update(adam);
  assert(Math.abs(update.norm / norm - 1) < 1e-5, `${update.norm}, ${norm}`);
  await assertRejects(
    () => step.update(adam),
    TypeError,
    "Cannot update weights: no batch was accumulated since the last update",
  );
});

Deno.test("compileTraining() keeps a memory limit, with the same results, and refuses one that is too low", async () => {
  const weights = syntheticStateDict(tinyUnext);
  const options = { ...tinyOptions, batch: 3 };
  const compile = (maxBytes?: number) =>
    compileTraining(gpu, tinyUnext, weights, { ...options, maxBytes });
  const { height, width } = options;
  const { message } = await assertRejects(
    () => compile(1),
    RangeError,
    `Cannot train tiny: batches of 3 at ${width}×${height} pixels need at least `,
  );
  const least = Number(/at least ([\d.]+) GiB/.exec(message)![1]) * 2 ** 30;
  await assertRejects(
    () => compile(0.98 * least),
    RangeError,
    "need at least",
  );
  const results: { bytes: number; loss: number; state: unknown }[] = [];
  for (const maxBytes of [undefined, least]) {
    using step = await compile(maxBytes);
    write(step, randomBatch(options), options);
    const { loss } = await step.accumulate({ seed: 5 });
    await step.update(adam);
    results.push({ bytes: step.bytes, loss, state: await step.state() });
  }
  const [plain, small] = results;
  console.log(`${plain.bytes} bytes, ${small.bytes} with checkpointing`);
  assert(small.bytes < 0.8 * plain.bytes);
  assertEquals({ ...small, bytes: 0 }, { ...plain, bytes: 0 });
});

Deno.test("forward() makes the logits that accumulate() makes", async () => {
  using step = await compileTraining(
    gpu,
    tinyUnext,
    syntheticStateDict(tinyUnext),
    tinyOptions,
  );
  write(step, blobs(tinyOptions), tinyOptions);
  await step.accumulate({ seed: 3 });
  const expected = await gpu.read(step.logits);
  gpu.device.queue.writeBuffer(
    step.logits.buffer,
    step.logits.offset,
    new Uint8Array(step.logits.size),
  );
  step.forward({ seed: 3 });
  assertEquals(await gpu.read(step.logits), expected);
});

Deno.test("accumulate() drops channels by the seed alone", async () => {
  const weights = syntheticStateDict(tinyUnext);
  using step = await compileTraining(gpu, tinyUnext, weights, tinyOptions);
  write(step, randomBatch(tinyOptions), tinyOptions);
  const losses: number[] = [];
  for (const seed of [1, 2, 1]) {
    losses.push((await step.accumulate({ seed })).loss);
  }
  assertEquals(losses[0], losses[2]);
  assert(losses[0] !== losses[1]);
});

Deno.test("update() leaves everything as it is where a gradient is not finite, but for the loss scale", async () => {
  const options = { ...tinyOptions, precision: "f16" as const };
  const weights = syntheticStateDict(tinyUnext);
  using step = await compileTraining(gpu, tinyUnext, weights, options);
  const before = await step.state();
  assertEquals(before.lossScale, 65536);
  write(step, randomBatch(options), options);
  step.accumulate({ seed: 0, weight: 1e9 });
  assertEquals((await step.update(adam)).applied, false);
  const after = await step.state();
  assertEquals(after.lossScale, 32768);
  assertEquals(after.step, 0);
  for (const [key, tensor] of before.parameters) {
    if (!key.includes("running")) {
      assertEquals(after.parameters.get(key), tensor, key);
    }
  }
  write(step, randomBatch(options), options);
  step.accumulate({ seed: 0 });
  assertEquals((await step.update(adam)).applied, true);
});

Deno.test("A batch that overflows is told of, and changes neither parameters nor running statistics", async () => {
  const weights = syntheticStateDict(tinyUnext);
  using step = await compileTraining(gpu, tinyUnext, weights, tinyOptions);
  const { image, mask } = randomBatch(tinyOptions);
  write(step, { image: image.fill(Infinity, 0, 9), mask }, tinyOptions);
  await step.accumulate({ seed: 0 });
  assertEquals((await step.update(adam)).applied, false);
  const { parameters } = await step.state();
  for (const [name, tensor] of parameters) {
    assert(toFloat32(tensor).every(Number.isFinite), name);
  }
  step.load({
    parameters: new Map([
      ...parameters,
      ["final_conv.0.bias", tensorOf([1], Float32Array.of(Infinity))],
    ]),
    moments: new Map(),
    step: 0,
    lossScale: 1,
    steadySteps: 0,
  });
  const { finite } = await step.accumulate({ seed: 0 });
  assertEquals(finite, false);
});

Deno.test("compileTraining() refuses weights and options that do not fit, in one line", async () => {
  const weights = syntheticStateDict(tinyUnext);
  await assertRejects(
    () => compileTraining(gpu, tinyUnext, new Map(), tinyOptions),
    Error,
    "missing",
  );
  await assertRejects(
    () =>
      compileTraining(gpu, tinyUnext, weights, { ...tinyOptions, height: 50 }),
    RangeError,
    "multiples of 32",
  );
  using step = await compileTraining(gpu, tinyUnext, weights, tinyOptions);
  const bytes = gpu.bytes;
  await assertRejects(
    () => step.update({ ...adam, learningRate: -1 }),
    RangeError,
    "Cannot update weights: learningRate must be 0 or more, received -1",
  );
  await assertRejects(
    () => step.accumulate({ seed: 0, weight: 0 }),
    RangeError,
    "Cannot accumulate gradients: weight must be a positive number, received 0",
  );
  assertEquals(gpu.bytes, bytes);
});
