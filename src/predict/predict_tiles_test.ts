import { assertClose } from "../../tests/helpers/assert_close.ts";
import { makeTile } from "../../tests/helpers/make_tile.ts";
import { smallNetwork } from "../../tests/helpers/small_network.ts";
import { syntheticStateDict } from "../../tests/helpers/synthetic_state_dict.ts";
import { tinyUnext } from "../../tests/helpers/tiny_unext.ts";
import { flip } from "../../tests/reference/flip.ts";
import { GpuError } from "../gpu/gpu_error.ts";
import { requestDevice } from "../gpu/request_device.ts";
import { conv2d } from "../graph/ops/conv2d.ts";
import type { Architecture } from "../models/architecture.ts";
import type { Tile } from "../tiles/plan_tiles.ts";
import { toFloat32 } from "../weights/tensor_data.ts";
import { writeSafetensors } from "../weights/write_safetensors.ts";
import { writeNormalization } from "./checkpoint_metadata.ts";
import {
  hubmapNormalization,
  loadModel,
  type LoadModelOptions,
  type WeightsSource,
} from "./load_model.ts";
import { GpuBackend } from "./gpu_backend.ts";
import { Model } from "./model.ts";
import { type PredictOptions, predictTiles } from "./predict_tiles.ts";
import {
  assert,
  assertEquals,
  assertMatch,
  assertRejects,
  assertStrictEquals,
  assertThrows,
} from "@std/assert";

const model = await loadModel(smallNetwork, [syntheticStateDict(smallNetwork)]);
Deno.test.afterAll(() => model[Symbol.asyncDispose]());
const tile = makeTile();

Deno.test("predictTiles() gives tiles in order, each with its place, mask and probability", async () => {
  const tiles = [0, 1, 2, 3, 4].map((index) =>
    makeTile({ index, downsample: 2 })
  );
  for (const inFlight of [1, 2, 3, 9]) {
    const predictions = await Array.fromAsync(
      predictTiles(stream(tiles), model, { inFlight, probability: true }),
    );
    assertEquals(predictions.length, 5);
    for (const [i, { tile, mask, probability }] of predictions.entries()) {
      const { pixels: _, ...position } = tiles[i];
      assertEquals(tile, position);
      assertEquals([mask.length, probability!.length], [576, 576]);
      assertEquals(mask, Uint8Array.from(probability!, (p) => Number(p > 0.5)));
      assert(probability!.every((p) => p > 0 && p < 1));
      assertEquals(
        probability,
        (await predict([tiles[i]], { probability: true }))[0].probability,
      );
    }
  }
});

Deno.test("predictTiles() leaves the probability out where it was not asked for", async () => {
  const [{ mask, probability }] = await predict([tile]);
  assertEquals(probability, undefined);
  assertEquals(mask, (await predict([tile], { probability: true }))[0].mask);
});

Deno.test("predictTiles() reads into arrays that the consumer has left, where it may", async () => {
  const tiles = Array.from({ length: 9 }, (_, index) => makeTile({ index }));
  const options = { probability: true, probability8: true };
  const expected = await predict(tiles, options);
  const buffers = new Set<ArrayBufferLike>();
  let index = 0;
  const reused = predictTiles(stream(tiles), model, {
    ...options,
    reuse: true,
  });
  for await (const prediction of reused) {
    assertEquals(prediction, expected[index++]);
    buffers.add(prediction.mask.buffer);
  }
  assertEquals(index, 9);
  assert(buffers.size <= 2, `${buffers.size} buffers for 2 tiles in flight`);
  assertEquals(new Set(expected.map(({ mask }) => mask.buffer)).size, 9);
});

Deno.test("predictTiles() gives nothing for nothing", async () => {
  assertEquals(await predict([]), []);
});

for (
  const [size, expansion, downsample] of [[2, 0, 1], [2, 30, 1], [6, 10, 3], [
    14,
    2,
    2,
  ]]
) {
  Deno.test(`predictTiles() gives exactly the center's pixels: ${size}+${expansion} by ${downsample}`, async () => {
    const [{ mask, probability }] = await predict([
      makeTile({ size, expansion, downsample }),
    ], { probability: true });
    assertEquals(mask.length, (size * downsample) ** 2);
    assertEquals(probability!.length, (size * downsample) ** 2);
  });
}

Deno.test("predictTiles() puts into the mask what is above the threshold", async () => {
  const [{ probability }] = await predict([tile], { probability: true });
  const middle = probability!.toSorted()[72];
  for (const threshold of [0, middle, 1]) {
    const [{ mask }] = await predict([tile], { threshold });
    assertEquals(
      mask,
      Uint8Array.from(probability!, (p) => Number(p > threshold)),
    );
  }
});

Deno.test("predictTiles() counts how many networks and flips are above the threshold", async () => {
  const weights = ["", "a"].map((seed) =>
    syntheticStateDict(smallNetwork, { seed })
  );
  const { size, expansion } = tile;
  const [{ probability }] = await predict([tile], { probability: true });
  const threshold = probability!.toSorted()[size * size / 2];
  const masks: Uint8Array[] = [];
  for (const one of weights) {
    await using alone = await loadModel(smallNetwork, [one]);
    masks.push((await predict([tile], { threshold }, alone))[0].mask);
  }
  await using both = await loadModel(smallNetwork, weights);
  const votes = masks[0].map((one, i) =>
    one + masks[1][i] === 1 ? 128 : one * 255
  );
  assert(votes.includes(128) && new Set(votes).size > 1);
  // The same picture with pixels of twice the size: votes are not upsampled.
  const side = size + expansion;
  const doubled = makeTile({ downsample: 2 });
  for (let i = 0; i < doubled.pixels.length; i++) {
    const [x, y] = [Math.floor(i / 3) % (side * 2), Math.floor(i / side / 6)];
    const from = Math.floor(y / 2) * side + Math.floor(x / 2);
    doubled.pixels[i] = tile.pixels[from * 3 + i % 3];
  }
  for (const one of [tile, doubled]) {
    const options = { threshold, votes8: true };
    const [{ votes8, mask }] = await predict([one], options, both);
    assertEquals(votes8, votes);
    assertEquals(mask, (await predict([one], { threshold }, both))[0].mask);
  }
  const none = { threshold: 1, votes8: true };
  const [{ votes8 }] = await predict([tile], none, both);
  assertEquals(votes8, votes.fill(0));
  const [unasked] = await predict([tile], { threshold }, both);
  assertEquals(unasked.votes8, undefined);
});

Deno.test("predictTiles() averages an ensemble's probabilities", async () => {
  const weights = ["", "a", "b"].map((seed) =>
    syntheticStateDict(smallNetwork, { seed })
  );
  await using ensemble = await loadModel(smallNetwork, weights);
  const single: Float32Array[] = [];
  for (const each of weights) {
    await using model = await loadModel(smallNetwork, [each]);
    const [{ probability }] = await Array.fromAsync(
      predictTiles(stream([tile]), model, { probability: true }),
    );
    single.push(probability!);
  }
  const [{ probability }] = await Array.fromAsync(
    predictTiles(stream([tile]), ensemble, { probability: true }),
  );
  const mean = single[0].map((_, i) =>
    (single[0][i] + single[1][i] + single[2][i]) / 3
  );
  assertClose(probability!, mean, { tolerance: 1e-6 });
  assert(single[0].some((p, i) => Math.abs(p - single[1][i]) > 0.01));
});

Deno.test("predictTiles() averages an ensemble of different networks", async () => {
  const flat: Architecture = {
    name: "flat",
    forward: (image) => conv2d(image, { name: "flat", channels: 1, kernel: 1 }),
  };
  const { gpu, precision, normalization } = model;
  await using mixed = new Model(
    new GpuBackend({ gpu, ownsGpu: false, precision }),
    { normalization },
  );
  await using alone = new Model(
    new GpuBackend({ gpu, ownsGpu: false, precision }),
    { normalization },
  );
  for (
    const [model, architecture] of [[alone, flat], [mixed, smallNetwork], [
      mixed,
      flat,
    ]] as const
  ) {
    const weights = syntheticStateDict(architecture);
    await model.add(
      architecture.name,
      architecture,
      (key) => toFloat32(weights.get(key)!),
    );
  }
  const [a, b, both] = await Promise.all(
    [model, alone, mixed].map(async (model) => {
      const [{ probability }] = await Array.fromAsync(
        predictTiles(stream([tile]), model, { probability: true }),
      );
      return probability!;
    }),
  );
  assertClose(both, a.map((p, i) => (p + b[i]) / 2), { tolerance: 1e-6 });
});

Deno.test("predictTiles() scales pixels as each network of an ensemble was trained", async () => {
  const weights = syntheticStateDict(smallNetwork);
  const halves = { mean: [0.5, 0.5, 0.5], std: [0.5, 0.5, 0.5] } as const;
  const file = writeSafetensors(weights, writeNormalization(halves));
  const predictWith = async (
    sources: WeightsSource[],
    options?: LoadModelOptions,
  ) => {
    await using model = await loadModel(smallNetwork, sources, options);
    const [{ probability }] = await Array.fromAsync(
      predictTiles(stream([tile]), model, { probability: true }),
    );
    return probability!;
  };
  const own = await predictWith([file]);
  const usual = await predictWith([weights]);
  assertEquals(own, await predictWith([weights], { normalization: halves }));
  assertEquals(
    usual,
    await predictWith([file], { normalization: hubmapNormalization }),
  );
  assert(own.some((p, i) => Math.abs(p - usual[i]) > 0.01));
  const both = await predictWith([file, weights]);
  assertClose(both, own.map((p, i) => (p + usual[i]) / 2), {
    tolerance: 1e-6,
  });
});

Deno.test("predictTiles() averages over flips as flipping by hand does", async () => {
  const side = (tile.size + tile.expansion) * tile.downsample;
  const sum = new Float64Array(tile.size ** 2);
  const results: Float32Array[] = [];
  for (const horizontal of [false, true]) {
    for (const vertical of [false, true]) {
      const pixels = flip(tile.pixels, {
        side,
        channels: 3,
        horizontal,
        vertical,
      });
      const [{ probability }] = await predict([{ ...tile, pixels }], {
        probability: true,
      });
      const back = flip(probability!, {
        side: tile.size,
        horizontal,
        vertical,
      });
      results.push(back);
      back.forEach((p, i) => sum[i] += p / 4);
    }
  }
  const [{ probability }] = await predict([tile], {
    probability: true,
    flips: true,
  });
  assertClose(probability!, sum, { tolerance: 1e-6 });
  assert(
    results.slice(1).every((result) =>
      result.some((p, i) => Math.abs(p - results[0][i]) > 1e-3)
    ),
  );
});

for (const inFlight of [1, 2, 4]) {
  Deno.test(`predictTiles() pulls no more than ${inFlight} tiles ahead`, async () => {
    let pulled = 0;
    async function* source() {
      for (let index = 0; index < 8; index++) {
        pulled++;
        yield await Promise.resolve(makeTile({ index }));
      }
    }
    let delivered = 0;
    const predictions = predictTiles(source(), model, { inFlight });
    await pause();
    assertEquals(pulled, 0); // nothing before it is asked for
    for await (const _ of predictions) {
      await pause();
      assert(
        pulled - delivered <= inFlight,
        `${pulled} pulled, ${delivered} delivered`,
      );
      delivered++;
    }
    assertEquals([pulled, delivered], [8, 8]);
  });
}

Deno.test("predictTiles() frees the GPU and closes the source when the consumer stops", async () => {
  const before = model.gpu.bytes;
  const source = watched();
  let held = 0;
  for await (const _ of predictTiles(source.tiles, model)) {
    held = model.gpu.bytes - before;
    break;
  }
  assert(held > 0);
  assertEquals(model.gpu.bytes, before);
  assertEquals(source.closed(), true);
});

Deno.test("predictTiles() stops on a signal in the middle, with its reason", async () => {
  const before = model.gpu.bytes;
  const source = watched();
  const controller = new AbortController();
  const predictions = predictTiles(source.tiles, model, {
    signal: controller.signal,
  });
  assertEquals((await predictions.next()).done, false);
  const reason = new Error("enough");
  controller.abort(reason);
  const error = await assertRejects(() => predictions.next());
  assertStrictEquals(error, reason);
  assertEquals(model.gpu.bytes, before);
  assertEquals(source.closed(), true);
  assertEquals((await predictions.next()).done, true);
});

Deno.test("predictTiles() passes the source's error on and frees the GPU", async () => {
  const before = model.gpu.bytes;
  async function* failing() {
    yield tile;
    await pause();
    throw new TypeError("cannot read");
  }
  await assertRejects(
    () => Array.fromAsync(predictTiles(failing(), model)),
    TypeError,
    "cannot read",
  );
  assertEquals(model.gpu.bytes, before);
});

Deno.test("predictTiles() refuses tiles of different sizes", async () => {
  for (const other of [{ size: 10, expansion: 6 }, { downsample: 2 }]) {
    await assertRejects(
      () => predict([tile, makeTile(other)]),
      RangeError,
      "Cannot predict tiles: all must have the same size",
    );
  }
});

Deno.test("predictTiles() refuses pixels that do not fill the tile", async () => {
  const before = model.gpu.bytes;
  for (
    const pixels of [
      tile.pixels.slice(3),
      new Uint8Array(tile.pixels.length + 1),
    ]
  ) {
    await assertRejects(
      () => predict([{ ...tile, pixels }]),
      RangeError,
      `Cannot use a tile: its pixels must be a square of RGB whose side is a multiple of 16, received ${pixels.length} bytes`,
    );
  }
  assertEquals(model.gpu.bytes, before);
  assertEquals((await predict([tile])).length, 1); // and the device is well
});

Deno.test("predictTiles() refuses tiles that the network cannot take", async () => {
  await using tiny = await loadModel("auto", [syntheticStateDict(tinyUnext)]);
  const before = tiny.gpu.bytes;
  const { message } = await assertRejects(
    () =>
      Array.fromAsync(
        predictTiles(stream([makeTile({ size: 40, expansion: 0 })]), tiny),
      ),
    RangeError,
    "for tiles of 40 pixels, expansion included: ",
  );
  assertMatch(message, /multiples of 32.*; use 32 or 64$/);
  assertEquals(tiny.gpu.bytes, before);
});

Deno.test("predictTiles() checks its options at the call", async () => {
  const call = (options: PredictOptions) => () =>
    predictTiles(stream([tile]), model, options);
  for (const threshold of [-0.1, 1.1, NaN]) {
    assertThrows(
      call({ threshold }),
      RangeError,
      `threshold must be from 0 to 1, received ${threshold}`,
    );
  }
  for (const inFlight of [0, -1, 1.5, NaN]) {
    assertThrows(
      call({ inFlight }),
      RangeError,
      `inFlight must be a positive integer, received ${inFlight}`,
    );
  }
  const { gpu, precision, normalization } = model;
  await using empty = new Model(
    new GpuBackend({ gpu, ownsGpu: false, precision }),
    { normalization },
  );
  assertThrows(
    () => predictTiles(stream([tile]), empty),
    RangeError,
    "the model has no network",
  );
});

Deno.test("predictTiles() rejects when the device is lost, and does not hang", async () => {
  const { device } = await requestDevice();
  await using lost = await loadModel(smallNetwork, [
    syntheticStateDict(smallNetwork),
  ], { device });
  const source = watched();
  const predictions = predictTiles(source.tiles, lost);
  await predictions.next();
  device.destroy();
  const error = await assertRejects(
    () => Array.fromAsync(predictions),
    GpuError,
  );
  assertEquals(error.kind, "lost");
  assertEquals(source.closed(), true);
});

Deno.test("predictTiles() says that the model was disposed, before the run and in the midst of it", async () => {
  const weights = [syntheticStateDict(smallNetwork)];
  const message = "Cannot predict tiles: the model was disposed";
  const gone = await loadModel(smallNetwork, weights);
  await gone[Symbol.asyncDispose]();
  await gone[Symbol.asyncDispose](); // twice is once
  assertThrows(() => predictTiles(stream([tile]), gone), Error, message);
  await assertRejects(
    () => gone.tune(64),
    Error,
    "Cannot tune the model: the model was disposed",
  );
  const { device } = await requestDevice();
  for (const options of [{}, { device }]) {
    const going = await loadModel(smallNetwork, weights, options);
    const source = watched();
    const predictions = predictTiles(source.tiles, going);
    await predictions.next();
    await going[Symbol.asyncDispose]();
    await assertRejects(() => Array.fromAsync(predictions), Error, message);
    assertEquals(source.closed(), true);
  }
  device.destroy();
});

async function* stream(tiles: readonly Tile[]): AsyncGenerator<Tile> {
  for (const tile of tiles) yield await Promise.resolve(tile);
}

function predict(
  tiles: readonly Tile[],
  options: PredictOptions = {},
  by: Model = model,
) {
  return Array.fromAsync(predictTiles(stream(tiles), by, options));
}

/** An endless stream of tiles that tells whether it was closed. */
function watched(): { tiles: AsyncIterable<Tile>; closed(): boolean } {
  let closed = false;
  async function* tiles() {
    try {
      for (let index = 0;; index++) {
        yield await Promise.resolve(makeTile({ index }));
      }
    } finally {
      closed = true;
    }
  }
  return { tiles: tiles(), closed: () => closed };
}

function pause(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, 5));
}
