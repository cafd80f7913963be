import { makeTile } from "../../tests/helpers/make_tile.ts";
import { smallMemory } from "../../tests/helpers/small_memory.ts";
import { smallNetwork } from "../../tests/helpers/small_network.ts";
import { syntheticStateDict } from "../../tests/helpers/synthetic_state_dict.ts";
import { GpuError } from "../gpu/gpu_error.ts";
import { relu } from "../graph/ops/activation.ts";
import { conv2d } from "../graph/ops/conv2d.ts";
import type { Architecture } from "../models/architecture.ts";
import type { Tile } from "../tiles/plan_tiles.ts";
import { toFloat32 } from "../weights/tensor_data.ts";
import { loadModel } from "./load_model.ts";
import type { Model } from "./model.ts";
import type { GpuBackend } from "./gpu_backend.ts";
import type { MemoryPlan } from "./plan_memory.ts";
import { type PredictOptions, predictTiles } from "./predict_tiles.ts";
import {
  assert,
  assertEquals,
  assertMatch,
  assertRejects,
  assertStrictEquals,
} from "@std/assert";

/** Weights that are large beside its tiles; one layer is Winograd's, so that weights are computed on the GPU too. */
const heavy: Architecture = {
  name: "heavy",
  forward(image) {
    const first = { name: "first", channels: 32, kernel: 3, padding: 1 };
    const second = { name: "second", channels: 64, kernel: 3, padding: 1 };
    const x = relu(conv2d(relu(conv2d(image, first)), second));
    return conv2d(x, { name: "last", channels: 1, kernel: 1 });
  },
};
const COUNT = 5;
const weights = Array.from(
  { length: COUNT },
  (_, i) => syntheticStateDict(heavy, { seed: String(i) }),
);
const tiles = Array.from(
  { length: 7 },
  (_, index) => makeTile({ index, size: 20, expansion: 12 }),
);
const whole = await loadModel(heavy, weights, { precision: "f32" });
Deno.test.afterAll(() => whole[Symbol.asyncDispose]());
const BATCH = 3;
const { needed, share } = await measure();

/** Bytes that all networks take with their tiles, and those of one network's weights. */
async function measure() {
  const [first] = tiles;
  const { plan: { needed } } = await predict(whole, [first]);
  await using one = await loadModel(heavy, weights.slice(0, 1), {
    precision: "f32",
  });
  const { plan } = await predict(one, [first]);
  return { needed, share: (needed - plan.needed) / (COUNT - 1) };
}

for (const count of [1, BATCH - 1, BATCH, BATCH + 1, 2 * BATCH + 1]) {
  Deno.test(`predictTiles() comes to the same bytes where weights are swapped: ${count} tiles`, async () => {
    const { device, swaps, peak } = await smallMemory();
    const maxBytes = needed - 2 * share;
    await using model = await loadModel(heavy, weights, {
      precision: "f32",
      device,
      maxBytes,
    });
    const options = { probability: true, inFlight: BATCH };
    const all = tiles.slice(0, count);
    const { plan, predictions } = await predict(model, all, options);
    assertEquals(
      predictions,
      (await predict(whole, all, options)).predictions,
    );
    const { resident, swapped, batch } = plan;
    assertEquals([resident + swapped, batch], [COUNT, BATCH]);
    assert(resident > 0 && swapped > 1, `${resident} stay, ${swapped} do not`);
    // Each that is swapped comes once a batch.
    assertEquals(swaps(), swapped * Math.ceil(count / BATCH));
    assert(peak() <= maxBytes, `${peak()} bytes of ${maxBytes}`);
    device.destroy();
  });
}

Deno.test("predictTiles() swaps with flips, bytes and arrays that are used again", async () => {
  const options = {
    flips: true,
    probability: true,
    probability8: true,
    reuse: true,
    inFlight: 2,
  };
  const expected = await predict(whole, tiles, options);
  await using model = await loadModel(heavy, weights, {
    precision: "f32",
    maxBytes: needed - 3 * share,
  });
  const { plan, predictions } = await predict(model, tiles, options);
  assertEquals([plan.batch, plan.capacity], [2, needed - 3 * share]);
  assertEquals(predictions, expected.predictions);
});

Deno.test("predictTiles() swaps networks of different architectures, in f16 too", async () => {
  const architectures = [smallNetwork, heavy, heavy, smallNetwork, heavy];
  const load = async (precision: "f32" | "f16", maxBytes?: number) => {
    const options = { precision, maxBytes };
    const [first, ...rest] = architectures;
    const weights = [syntheticStateDict(first)];
    const model = await loadModel(first, weights, options);
    for (const [i, architecture] of rest.entries()) {
      const weights = syntheticStateDict(architecture, { seed: String(i) });
      await model.add(
        String(i),
        architecture,
        (name) => toFloat32(weights.get(name)!),
      );
    }
    return model;
  };
  for (const precision of ["f32", "f16"] as const) {
    await using all = await load(precision);
    const expected = await predict(all, tiles, { probability: true });
    const { needed } = expected.plan;
    const half = precision === "f16" ? 2 : 1;
    for (const missing of [0.1, 1.9]) {
      await using some = await load(precision, needed - missing * share / half);
      const { plan, predictions } = await predict(some, tiles, {
        probability: true,
      });
      assert(plan.swapped > 1);
      assertEquals(predictions, expected.predictions);
    }
  }
});

Deno.test("predictTiles() goes on by swapping where the GPU's memory runs out", async () => {
  const { bytes } = whole.networks[0];
  const many = Array.from({ length: 40 }, (_, i) => weights[i % COUNT]);
  for (
    const [files, memory] of [
      [many, bytes * 38], // it runs out while weights are loaded
      [weights, needed - share], // it runs out when tiles come
    ] as const
  ) {
    await using all = await loadModel(heavy, files, { precision: "f32" });
    const expected = await predict(all, tiles, { probability: true });
    const { device, live, failed } = await smallMemory({ memory });
    {
      await using model = await loadModel(heavy, files, {
        precision: "f32",
        device,
      });
      for (let run = 0; run < 2; run++) {
        const { plan, predictions } = await predict(model, tiles, {
          probability: true,
        });
        assertEquals(predictions, expected.predictions);
        assert(plan.swapped > 1 && plan.capacity < memory);
      }
    }
    assert(failed() > 0);
    assertEquals(live(), 0);
    device.destroy();
  }
});

Deno.test("predictTiles() refuses a network that does not fit, by name and figures", async () => {
  const load = (maxBytes: number) =>
    loadModel(heavy, weights.slice(0, 1), { precision: "f32", maxBytes });
  const early = await assertRejects(
    () => load(whole.networks[0].bytes - 1),
    GpuError,
    'Cannot use "weights": its weights take',
  );
  assertMatch(
    early.message,
    / GiB, more than the .* GiB of GPU memory \(--memory\)$/,
  );
  assertEquals(early.kind, "out-of-memory");
  await using model = await load(share);
  const late = await assertRejects(
    () => predict(model, tiles),
    GpuError,
    'Cannot use "weights" for tiles of 32 pixels: they take',
  );
  assertEquals(late.kind, "out-of-memory");
  assertEquals(model.gpu.bytes, 0);
  const [, gib] =
    /take ([\d.]+) GiB \(.*; use smaller tiles, more memory or f16$/
      .exec(late.message)!;
  await using enough = await load(Number(gib) * 2 ** 30);
  await predict(enough, tiles); // what it asks for is enough
});

Deno.test("predictTiles() names the memory where tiles are too large for the kernels too", async () => {
  const tiles = { fixed: 2 ** 26, each: 0, unswapped: 2 ** 26, most: 1 };
  const compile = async (maxBytes: number) => {
    await using model = await loadModel(heavy, weights.slice(0, 1), {
      maxBytes,
      precision: "f32",
    });
    await (model.backend as GpuBackend).compile(16384, tiles);
  };
  await assertRejects(
    () => compile(2 ** 24),
    GpuError,
    'Cannot use "weights" for tiles of 16384 pixels: they take ',
  );
  await assertRejects(() => compile(2 ** 40), RangeError, "workgroups");
});

Deno.test("predictTiles() stops in the middle of a batch on a signal, and can start again", async () => {
  const controller = new AbortController();
  const reason = new Error("enough");
  const { device, swaps } = await smallMemory({
    onSwap: (swaps) => swaps === 3 && controller.abort(reason),
  });
  await using model = await loadModel(heavy, weights, {
    precision: "f32",
    device,
    maxBytes: needed - 3 * share,
  });
  const { signal } = controller;
  const predictions = predictTiles(stream(tiles), model, { signal });
  const error = await assertRejects(() => predictions.next());
  assertStrictEquals(error, reason);
  assertEquals(swaps(), 3);
  assertEquals((await predictions.next()).done, true);
  const weightsAlone = model.gpu.bytes;
  const again = await predict(model, tiles);
  assertEquals(
    again.predictions,
    (await predict(whole, tiles)).predictions,
  );
  assertEquals(model.gpu.bytes, weightsAlone);
  device.destroy();
});

Deno.test("predictTiles() lets go where a batch never gets full", async () => {
  await using model = await loadModel(heavy, weights, {
    precision: "f32",
    maxBytes: needed - 3 * share,
  });
  async function* failing() {
    yield tiles[0];
    yield await Promise.resolve(tiles[1]);
    throw new TypeError("cannot read");
  }
  await assertRejects(
    () => Array.fromAsync(predictTiles(failing(), model)),
    TypeError,
    "cannot read",
  );
  const weightsAlone = model.gpu.bytes;
  for await (const _ of predictTiles(stream(tiles), model, { inFlight: 2 })) {
    break;
  }
  assertEquals(model.gpu.bytes, weightsAlone);
});

Deno.test("predictTiles() swaps for several streams of one model at a time", async () => {
  await using model = await loadModel(heavy, weights, {
    precision: "f32",
    maxBytes: 2 * needed - 3 * share,
  });
  const options = { probability: true, inFlight: 2 };
  const [a, b] = await Promise.all([
    predict(model, tiles, options),
    predict(model, tiles.toReversed(), options),
  ]);
  const expected = await predict(whole, tiles, options);
  assertEquals(a.predictions, expected.predictions);
  assertEquals(b.predictions, expected.predictions.toReversed());
});

async function predict(
  model: Model,
  tiles: readonly Tile[],
  options: PredictOptions = {},
) {
  let plan!: MemoryPlan;
  const onMemory = (made: MemoryPlan) => plan = made;
  const stream_ = predictTiles(stream(tiles), model, { ...options, onMemory });
  const predictions = [];
  // Arrays may be used again, so they are copied.
  for await (const prediction of stream_) {
    predictions.push(structuredClone(prediction));
  }
  return { plan, predictions };
}

async function* stream(tiles: readonly Tile[]): AsyncGenerator<Tile> {
  for (const tile of tiles) yield await Promise.resolve(tile);
}
