// Tests of the CPU backend, run by tests/cpu_test.ts with the permissions that onnxruntime needs.
import {
  assert,
  assertEquals,
  assertMatch,
  assertRejects,
  assertStrictEquals,
} from "@std/assert";
import { main } from "../../src/cli/main.ts";
import { CpuThread } from "../../src/cpu/cpu_thread.ts";
import { GpuError } from "../../src/gpu/gpu_error.ts";
import { relu } from "../../src/graph/ops/activation.ts";
import { conv2d } from "../../src/graph/ops/conv2d.ts";
import { exportOnnx } from "../../src/graph/onnx/export_onnx.ts";
import type { Shape } from "../../src/graph/tensor.ts";
import { buildGraph } from "../../src/graph/graph.ts";
import {
  type Architecture,
  unext101,
  unext50,
} from "../../src/models/architecture.ts";
import { forOnnxruntime } from "../../src/predict/cpu_backend.ts";
import { packModel } from "../../src/model_folder/pack_model.ts";
import { exportNetwork } from "../../src/predict/export_network.ts";
import { loadModel } from "../../src/predict/load_model.ts";
import type { Model } from "../../src/predict/model.ts";
import type { MemoryPlan } from "../../src/predict/plan_memory.ts";
import {
  type PredictOptions,
  predictTiles,
} from "../../src/predict/predict_tiles.ts";
import type { RunEvent } from "../../src/run/run_context.ts";
import type { Tile } from "../../src/tiles/plan_tiles.ts";
import { toFloat32 } from "../../src/weights/tensor_data.ts";
import {
  importOnnxruntime,
  SESSION_OPTIONS,
} from "../../src/cpu/onnxruntime.ts";
import { inferCohort, mergeCohort } from "../../src/run/mod.ts";
import { CohortRun } from "../helpers/cohort_run.ts";
import { writeSafetensors } from "../../src/weights/write_safetensors.ts";
import { captureConsole } from "../helpers/capture_console.ts";
import { deviation, maxDifference, readGolden } from "../helpers/golden.ts";
import { makeTile } from "../helpers/make_tile.ts";
import { ShortRun } from "../helpers/short_run.ts";
import { smallNetwork, smallNetworkOf } from "../helpers/small_network.ts";
import { syntheticStateDict } from "../helpers/synthetic_state_dict.ts";
import { tinyUnext } from "../helpers/tiny_unext.ts";

const seeds = ["", "a", "b"];
const weights = seeds.map((seed) => syntheticStateDict(smallNetwork, { seed }));
const tiles = Array.from({ length: 5 }, (_, index) => makeTile({ index }));
const model = await loadModel(smallNetwork, weights, { device: "cpu" });
Deno.test.afterAll(() => model[Symbol.asyncDispose]());

async function* stream(tiles: readonly Tile[]): AsyncGenerator<Tile> {
  yield* tiles;
}

function predict<T extends PredictOptions>(
  tiles: readonly Tile[],
  on: Model,
  options: T,
) {
  return Array.fromAsync(predictTiles(stream(tiles), on, options));
}

Deno.test("loadModel() says what the CPU is", () => {
  assertEquals(model.about.name, "CPU");
  assertEquals(model.about.driver, "onnxruntime 1.27.0");
  assertMatch(model.identity, /^CPU \w+ \w+ onnxruntime 1\.27\.0$/);
  assertEquals(model.precision, "f32");
  assertEquals(Deno.env.get("ORT_DISABLE_TELEMETRY"), "1");
});

for (
  const [size, expansion, downsample] of [
    [12, 4, 1],
    [14, 2, 2],
    [6, 10, 3],
    [64, 32, 2],
  ]
) {
  for (const flips of [false, true]) {
    Deno.test(`predictTiles() gives the GPU's predictions: ${size}+${expansion} by ${downsample}, flips ${flips}`, async () => {
      await using gpu = await loadModel(smallNetwork, weights, {
        device: "gpu",
      });
      const tiles = [0, 1, 2].map((index) =>
        makeTile({ index, size, expansion, downsample })
      );
      const options = { flips, probability: true, votes8: true } as const;
      const [own, expected] = await Promise.all(
        [model, gpu].map((on) => predict(tiles, on, options)),
      );
      for (const [i, { tile, mask, probability, votes8 }] of own.entries()) {
        assertEquals(tile, expected[i].tile);
        assertEquals(votes8, expected[i].votes8);
        assertEquals(votes8?.length, size * size);
        const other = expected[i].probability!;
        assert(maxDifference(probability!, other) < 1e-6);
        const differ = mask.filter((value, at) =>
          value !== expected[i].mask[at] && Math.abs(other[at] - 0.5) > 1e-6
        );
        assertEquals(differ.length, 0);
      }
    });
  }
}

for (const names of [["a", "b", "c"], ["a", "b"]]) {
  Deno.test(`predictTiles() gives the GPU's predictions of ${names.length} classes of three outputs`, async () => {
    const network = smallNetworkOf(3);
    const weights = seeds.map((seed) => syntheticStateDict(network, { seed }));
    const classes = names.map((name) => ({ name }));
    const options = {
      flips: true,
      threshold: 0.3,
      probabilities: true,
    } as const;
    const tiles = [makeTile({ size: 14, expansion: 2, downsample: 2 })];
    const [own, expected] = await Promise.all(
      (["cpu", "gpu"] as const).map(async (device) => {
        await using model = await loadModel(network, weights, {
          device,
          classes,
        });
        return await predict(tiles, model, options);
      }),
    );
    const [{ mask, probabilities }] = own;
    const [{ mask: other, probabilities: planes }] = expected;
    assertEquals(planes.length, names.length);
    planes.forEach((plane, k) =>
      assert(maxDifference(probabilities[k], plane) < 1e-6)
    );
    const differ = mask.filter((value, at) => {
      const all = [0.3, ...planes.map((plane) => plane[at])].sort();
      const [second, first] = all.slice(-2); // of the threshold and the classes
      return value !== other[at] && first - second > 2e-6;
    });
    assertEquals(differ.length, 0);
    assert(mask.some((value) => value > 0));
  });
}

for (const [name, architecture] of Object.entries({ unext50, unext101 })) {
  const sizes = name === "unext50" ? ["160x224", "256x256"] : ["128x96"];
  for (const size of sizes) {
    Deno.test(`${name} at ${size} by onnxruntime equals PyTorch`, async () => {
      const golden = readGolden(`${name}_${size}`);
      const weights = syntheticStateDict(architecture);
      const shape = golden.shape("input") as unknown as Shape;
      const graph = buildGraph(
        { image: shape },
        ({ image }) => ({ logits: architecture.forward(image) }),
      );
      const ort = await importOnnxruntime();
      const session = await ort.InferenceSession.create(
        exportOnnx(
          forOnnxruntime(graph),
          (key) => toFloat32(weights.get(key)!),
        ),
        SESSION_OPTIONS,
      );
      const image = new ort.Tensor("float32", golden.values("input"), shape);
      const result = new Float32Array(shape[2] * shape[3]);
      const logits = new ort.Tensor("float32", result, [
        1,
        1,
        ...shape.slice(2),
      ]);
      await session.run({ image }, { logits });
      await session.release();
      const expected = golden.values("logits");
      const difference = maxDifference(logits.data, expected) /
        deviation(expected);
      console.log(`${name} ${size}: ${difference.toExponential(1)}`);
      assert(difference <= 2e-4, `difference ${difference}`);
    });
  }
}

Deno.test("predictTiles() gives the same bytes for any number of tiles in flight", async () => {
  const options = { probability: true, probability8: true, flips: true };
  const expected = await predict(tiles, model, options);
  assertEquals(expected.map(({ tile }) => tile.index), [0, 1, 2, 3, 4]);
  for (const inFlight of [1, 3, 9]) {
    assertEquals(
      await predict(tiles, model, { ...options, inFlight }),
      expected,
    );
  }
  const buffers = new Set<ArrayBufferLike>();
  let at = 0;
  for await (
    const one of predictTiles(stream(tiles), model, { ...options, reuse: true })
  ) {
    assertEquals(one, expected[at++]);
    buffers.add(one.mask.buffer);
  }
  assertEquals(at, 5);
});

Deno.test("predictTiles() runs twice at once, on tiles of two sizes", async () => {
  const large = tiles.map(({ index }) => makeTile({ index, size: 28 }));
  const options = { probability: true };
  const alone = [
    await predict(tiles, model, options),
    await predict(large, model, options),
  ];
  const both = await Promise.all([
    predict(tiles, model, options),
    predict(large, model, options),
  ]);
  assertEquals(both, alone);
});

Deno.test("predictTiles() does not read pixels after it has taken them", async () => {
  const expected = await predict(tiles, model, { probability: true });
  const shared = tiles[0].pixels.slice();
  async function* reusing() {
    for (const tile of tiles) {
      shared.set(tile.pixels);
      yield { ...tile, pixels: shared };
    }
  }
  const own = await Array.fromAsync(
    predictTiles(reusing(), model, { probability: true }),
  );
  assertEquals(own, expected);
});

/** Weights that are large beside its tiles. */
const heavy: Architecture = {
  name: "heavy",
  forward(image) {
    const first = { name: "first", channels: 64, kernel: 3, padding: 1 };
    const second = { name: "second", channels: 64, kernel: 3, padding: 1 };
    const x = relu(conv2d(relu(conv2d(image, first)), second));
    return conv2d(x, { name: "last", channels: 1, kernel: 1 });
  },
};

Deno.test("predictTiles() comes to the same bytes where networks take turns in memory, and names the memory", async () => {
  const many = ["0", "1", "2", "3"].map((seed) =>
    syntheticStateDict(heavy, { seed })
  );
  const options = {
    ...{ probability: true, flips: true, votes8: true, inFlight: 2 },
  };
  await using whole = await loadModel(heavy, many, { device: "cpu" });
  const plans: MemoryPlan[] = [];
  const onMemory = (plan: MemoryPlan) => void plans.push(plan);
  const expected = await predict(tiles, whole, { ...options, onMemory });
  const [{ needed, swapped }] = plans;
  assertEquals(swapped, 0);
  const share = whole.networks[0].bytes;
  const maxBytes = needed - share;
  await using small = await loadModel(heavy, many, { device: "cpu", maxBytes });
  const own = await predict(tiles, small, { ...options, onMemory });
  assert(plans[1].swapped > 1 && plans[1].resident > 0);
  assertEquals(own, expected);

  await using none = await loadModel(heavy, many, {
    device: "cpu",
    maxBytes: share * 4 + 1000,
  });
  const error = await assertRejects(
    () => predict(tiles, none, options),
    GpuError,
    "more than the ",
  );
  assertMatch(error.message, /GiB of memory \(--memory\); use smaller tiles/);
  await assertRejects(
    () => loadModel(heavy, many, { device: "cpu", maxBytes: 1000 }),
    GpuError,
    "GiB of memory (--memory)",
  );
});

Deno.test("predictTiles() stops on a signal with its reason, and can start again", async () => {
  const expected = await predict(tiles, model, {});
  for (const at of [0, 1, 3]) {
    const controller = new AbortController();
    const reason = new Error("enough");
    const seen: number[] = [];
    const error = await assertRejects(async () => {
      for await (
        const { tile } of predictTiles(stream(tiles), model, {
          signal: controller.signal,
        })
      ) {
        seen.push(tile.index);
        if (tile.index === at) controller.abort(reason);
      }
    });
    assertStrictEquals(error, reason);
    assertEquals(seen.at(-1), at);
    assertEquals(await predict(tiles, model, {}), expected);
  }
  const early = AbortSignal.abort(new Error("before"));
  await assertRejects(
    () => predict(tiles, model, { signal: early }),
    Error,
    "before",
  );
});

Deno.test("predictTiles() may be left early", async () => {
  for await (const { tile } of predictTiles(stream(tiles), model)) {
    if (tile.index === 1) break;
  }
  assertEquals((await predict(tiles, model, {})).length, 5);
});

Deno.test("predictTiles() times the steps on the CPU", async () => {
  const kernels: string[][] = [];
  await predict(tiles.slice(0, 2), model, {
    onProfile: (entries) => {
      kernels.push(entries.map(({ kernel }) => kernel));
      assert(entries.every(({ milliseconds }) => milliseconds >= 0));
      assert(entries.find(({ kernel }) => kernel === "onnxruntime")!.flops > 0);
    },
  });
  const network = ["load_tile", "onnxruntime", "accumulate"];
  const steps = [
    "downsample_tile",
    ...seeds.flatMap(() => network),
    "finish",
  ];
  assertEquals(kernels, [steps, steps]);
});

Deno.test("loadModel() and predictTiles() refuse on the CPU what they refuse on a GPU", async () => {
  await assertRejects(
    () => loadModel(smallNetwork, weights, { device: "cpu", precision: "f16" }),
    RangeError,
    "Cannot use the CPU: it stores tensors in f32",
  );
  await using unext = await loadModel(unext50, [syntheticStateDict(unext50)], {
    device: "cpu",
  });
  await assertRejects(
    () => predict(tiles, unext, {}),
    RangeError,
    "expansion included: height and width must be multiples of 32",
  );
  let gpu: unknown;
  try {
    gpu = model.gpu;
  } catch (error) {
    assertEquals(
      (error as Error).message,
      "Cannot use the model's GPU: it runs on the CPU",
    );
  }
  assertEquals(gpu, undefined);
  const disposed = await loadModel(smallNetwork, weights, { device: "cpu" });
  await disposed[Symbol.asyncDispose]();
  await assertRejects(
    async () => await predict(tiles, disposed, {}),
    Error,
    "Cannot predict tiles: the model was disposed",
  );
});

Deno.test("model check passes on the CPU what was packed on a GPU, of weights and of an ONNX file", async () => {
  const folder = await Deno.makeTempDir({ prefix: "tilewise-cpu-" });
  try {
    const weights = `${folder}/tiny.safetensors`;
    const onnx = `${folder}/tiny.onnx`;
    const stateDict = syntheticStateDict(tinyUnext, { bias: 0.1 });
    await Deno.writeFile(weights, writeSafetensors(stateDict));
    const { bytes } = await exportNetwork(weights, { tile: 64 });
    await Deno.writeFile(onnx, bytes);
    for (const [i, path] of [weights, onnx].entries()) {
      const out = `${folder}/model${i}`;
      const about = { name: "Tiny", version: "1", license: "MIT", side: 64 };
      await packModel([path], { ...about, out, device: "gpu" });
      const checked = await captureConsole(() =>
        main(["model", "check", out, "--device", "cpu"])
      );
      assertEquals(checked.code, 0, checked.error);
      assertMatch(checked.out, /self-test passed: .* \(CPU\)\n$/);
    }
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});

Deno.test("auto takes the CPU where there is no GPU", async () => {
  await using auto = await loadModel(smallNetwork, weights);
  const adapter = await navigator.gpu.requestAdapter();
  if (!adapter || /llvmpipe/.test(adapter.info.description)) {
    assertEquals(auto.about.name, "CPU");
  } else assert(!auto.about.software);
});

Deno.test("inferBatch() goes on with a new thread when one has died, to the same results", async () => {
  await using run = await ShortRun.create();
  const [expected, own] = [run.out(), run.out()];
  await run.infer(expected, { device: "cpu" });
  const call = CpuThread.prototype.call;
  let calls = 0;
  const events: RunEvent[] = [];
  CpuThread.prototype.call = function (command, transfer) {
    if (command.kind !== "run" || ++calls !== 5) {
      return call.call(this, command, transfer);
    }
    // A command that its thread cannot do for lack of memory.
    const into = new ArrayBuffer(0);
    return call.call(this, {
      ...{ kind: "load", tile: -1, side: 2 ** 24, classes: 1 },
      picture: new Uint8Array(into),
    });
  };
  try {
    const entries = await run.infer(own, {
      device: "cpu",
      onEvent: (event) => void events.push(event),
    });
    assertEquals(entries.map(({ status }) => status), ["done", "done"]);
  } finally {
    CpuThread.prototype.call = call;
  }
  const warning = events.find(({ kind }) => kind === "warning");
  assert(warning?.kind === "warning");
  assertMatch(
    warning.text,
    /^memory ran out \(.*\); use smaller tiles; continuing with one tile at a time$/,
  );
  assertEquals(await run.results(own), await run.results(expected));
});

Deno.test("A cohort's parts by the GPU and by the CPU are held to each other, and the merge says so", async () => {
  await using run = await CohortRun.create();
  const { folder } = await run.plan();
  for (const [device, id] of [["gpu", 1], ["cpu", 2]] as const) {
    await inferCohort(folder, { device, choose: { parts: [id] } });
  }
  await inferCohort(folder, { device: "cpu", choose: { shard: [1, 1] } });
  const warnings: string[] = [];
  const { missing, adapters } = await mergeCohort(folder, {
    onEvent(event) {
      if (event.kind === "warning") warnings.push(event.text);
    },
  });
  assertEquals([missing, adapters.size], [[], 2]);
  assertMatch(
    warnings.join(),
    /parts 2-6, Dice (1|0\.9999\d*|1\.0*) for a tile/,
  );
  await assertRejects(
    () => mergeCohort(folder, { sameAdapter: true }),
    Error,
    "2 different adapters",
  );
});
