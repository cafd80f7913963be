import {
  assert,
  assertEquals,
  assertMatch,
  assertRejects,
  assertStrictEquals,
} from "@std/assert";
import { makeTile } from "../../tests/helpers/make_tile.ts";
import { smallNetwork } from "../../tests/helpers/small_network.ts";
import { syntheticStateDict } from "../../tests/helpers/synthetic_state_dict.ts";
import { tinyUnext, tinyUnextOptions } from "../../tests/helpers/tiny_unext.ts";
import { requestDevice } from "../gpu/request_device.ts";
import { parametersOf } from "../graph/graph.ts";
import { maxPool2d } from "../graph/ops/max_pool2d.ts";
import type { Normalization } from "../kernels/tile.ts";
import {
  type Architecture,
  unext50,
  unextArchitecture,
} from "../models/architecture.ts";
import { unext50Options } from "../models/unext_options.ts";
import { StateDictError } from "../weights/match_state_dict.ts";
import type { StateDict } from "../weights/tensor_data.ts";
import { writeSafetensors } from "../weights/write_safetensors.ts";
import { writeNormalization, writeTraining } from "./checkpoint_metadata.ts";
import {
  hubmapNormalization,
  loadModel,
  type LoadModelOptions,
  type WeightsSource,
} from "./load_model.ts";
import type { Model } from "./model.ts";
import { architectureGraph } from "./read_network.ts";

const weights = syntheticStateDict(smallNetwork);
const file = writeSafetensors(weights);

Deno.test("loadModel() reads a Blob, a File, bytes, a path and a state dict alike", async () => {
  const path = await Deno.makeTempFile({ suffix: ".safetensors" });
  try {
    await Deno.writeFile(path, file);
    const sources: [WeightsSource, string][] = [
      [new Blob([file]), "weights"],
      [new File([file], "fold0.safetensors"), "fold0.safetensors"],
      [file, "weights"],
      [path, path.split("/").at(-1)!],
      [weights, "weights"],
    ];
    await using model = await loadModel(
      smallNetwork,
      sources.map(([source]) => source),
    );
    assertEquals(
      model.networks.map(({ name }) => name),
      sources.map(([, name]) => name),
    );
    for (const { architecture, bytes } of model.networks) {
      assertStrictEquals(architecture, smallNetwork);
      assert(bytes > 0);
    }
    // Five times the same network is that network; one needs no list.
    await using single = await loadModel(smallNetwork, path);
    assertEquals(single.networks.map(({ name }) => name), [sources[3][1]]);
    const [all, one] = [await probability(model), await probability(single)];
    all.forEach((p, i) => assert(Math.abs(p - one[i]) < 1e-6));
  } finally {
    await Deno.remove(path);
  }
});

Deno.test("loadModel() tells what each network was trained with", async () => {
  const training = { mpp: 0.5, tile: 1024, classes: ["Tumor"] };
  await using model = await loadModel(smallNetwork, [
    writeSafetensors(weights, writeTraining(training)),
    file,
  ]);
  const [first, second] = model.networks;
  assertEquals(first.training, training);
  assertEquals(second.training, undefined);
});

Deno.test("loadModel() scales as it is told, else as the checkpoint says, else as the architecture, else as the 3rd-place solution", async () => {
  const of = (value: number): Normalization => ({
    mean: [value, value, value],
    std: [value, value, value],
  });
  const own = { ...smallNetwork, normalization: of(0.1) };
  const said = writeSafetensors(
    weights,
    writeNormalization(of(0.2)),
  );
  const scaledAs = async (
    architecture: Architecture,
    source: WeightsSource,
    options?: LoadModelOptions,
  ) => {
    await using model = await loadModel(architecture, source, options);
    return model.networks[0].normalization;
  };
  assertEquals(await scaledAs(smallNetwork, file), hubmapNormalization);
  assertEquals(await scaledAs(own, file), of(0.1));
  assertEquals(await scaledAs(own, said), of(0.2));
  const told = { normalization: of(0.3) };
  assertEquals(await scaledAs(own, said, told), of(0.3));
});

Deno.test("loadModel() refuses a normalization for pixels of 0 to 255", async () => {
  const normalization: Normalization = {
    mean: [123.675, 116.28, 103.53],
    std: [58.395, 57.12, 57.375],
  };
  const message =
    "Cannot load model: mean and std of a normalization must each be three numbers from 0 to 1, and std above 0, received";
  await assertRejects(
    () => loadModel(smallNetwork, file, { normalization }),
    RangeError,
    message,
  );
  await assertRejects(
    () => loadModel({ ...smallNetwork, normalization }, file),
    RangeError,
    message,
  );
});

Deno.test("loadModel() recognizes a UNeXt's sizes, for each file of an ensemble", async () => {
  const other = { ...tinyUnextOptions, blocks: [1, 2, 1, 1], stem: 4 } as const;
  await using model = await loadModel("auto", [
    syntheticStateDict(tinyUnext),
    syntheticStateDict(unextArchitecture("other", other)),
  ]);
  const [first, second] = model.networks.map(({ architecture }) =>
    syntheticStateDict(architecture)
  );
  assertEquals(shapesOf(first), shapesOf(syntheticStateDict(tinyUnext)));
  assertEquals(shapesOf(second).get("enc0.0.weight"), [4, 3, 7, 7]);
  assertEquals(model.networks.map(({ architecture }) => architecture.name), [
    "unext",
    "unext",
  ]);
});

Deno.test("loadModel() accepts what checkpoints hold though no layer reads it", async () => {
  const extra = new Map(
    [...syntheticStateDict(tinyUnext)].map((
      [key, tensor],
    ) => [`module.${key}`, tensor]),
  );
  extra.set("module.aspp.conv1.weight", {
    shape: [1],
    dtype: "u8",
    data: new Uint8Array(1),
  });
  extra.set("module.enc0.1.num_batches_tracked", {
    shape: [],
    dtype: "i64",
    data: new Uint8Array(8),
  });
  await using model = await loadModel(tinyUnext, [extra]);
  assertEquals(model.networks.length, 1);
});

Deno.test("loadModel() lists all that does not fit in one error, with the file's name", async () => {
  const wrong = new Map(weights);
  wrong.delete("edges.weight");
  wrong.delete("deep.bias");
  wrong.set("fc.weight", weights.get("deep.bias")!);
  wrong.set("wide.bias", weights.get("deep.bias")!);
  const source = new File([writeSafetensors(wrong)], "fold1.safetensors");
  const error = await assertRejects(
    () => loadModel(smallNetwork, [weights, source]),
    StateDictError,
  );
  assertEquals(error.missing, ["edges.weight", "deep.bias"]);
  assertEquals(error.unexpected, ["fc.weight"]);
  assertEquals(error.misshaped, [{
    key: "wide.bias",
    expected: [6],
    received: [4],
  }]);
  assert(
    error.message.startsWith(
      'Cannot use "fold1.safetensors" as small: keys or shapes differ',
    ),
    error.message,
  );
});

Deno.test("loadModel() refuses another architecture's weights", async () => {
  const error = await assertRejects(
    () => loadModel("unext50", [weights]),
    StateDictError,
  );
  assert(error.missing.length > 100);
  assertMatch(
    error.message,
    /^Cannot use "weights" as unext50: keys or shapes differ .* \d+ missing \(.* and \d+ more\)/,
  );
  assert(error.message.length < 400, "some lines of a terminal");
  await assertRejects(
    () => loadModel("auto", [weights]),
    TypeError,
    'Cannot load "weights": ',
  );
});

Deno.test("loadModel() refuses an encoder alone", async () => {
  const keys = [
    "conv1.weight",
    "bn1.weight",
    "fc.weight",
    ...[1, 2, 3, 4].map((i) => `layer${i}.0.conv1.weight`),
  ];
  const encoder: StateDict = new Map(
    keys.map((key) => [key, weights.get("deep.bias")!]),
  );
  await assertRejects(
    () =>
      loadModel("auto", [
        new File([writeSafetensors(encoder)], "resnext.safetensors"),
      ]),
    TypeError,
    'Cannot load "resnext.safetensors": it is only an encoder',
  );
});

Deno.test("loadModel() refuses what is no checkpoint, no weights at all, and logits of another size", async () => {
  await assertRejects(
    () => loadModel("auto", [new Blob(["not a checkpoint"])]),
    TypeError,
  );
  await assertRejects(
    () => loadModel("auto", []),
    RangeError,
    "Cannot load model: at least one file of weights is needed",
  );
  const half: Architecture = {
    name: "half",
    forward: (image) =>
      maxPool2d(smallNetwork.forward(image), { kernel: 2, stride: 2 }),
  };
  await assertRejects(
    () => loadModel(half, [weights], { side: 64 }),
    RangeError,
    "Cannot use half: its logits must be 1×1×64×64, received [1, 1, 32, 32]",
  );
});

Deno.test("loadModel() ends with the signal's reason", async () => {
  const reason = new Error("enough");
  await assertRejects(
    () =>
      loadModel(smallNetwork, [weights], { signal: AbortSignal.abort(reason) }),
    Error,
    "enough",
  );
});

Deno.test("loadModel() uses a device of the caller's and leaves it alive", async () => {
  const { device } = await requestDevice();
  let lost = false;
  device.lost.then(() => lost = true);
  {
    await using model = await loadModel(smallNetwork, [weights], { device });
    assertStrictEquals(model.gpu.device, device);
    assertEquals((await probability(model)).length, 144);
  }
  await assertRejects(
    () => loadModel("auto", [weights], { device }),
    TypeError,
  ); // nor does a failure harm it
  const buffer = device.createBuffer({
    size: 16,
    usage: GPUBufferUsage.COPY_DST,
  });
  device.queue.writeBuffer(buffer, 0, new Uint8Array(16));
  await device.queue.onSubmittedWorkDone();
  assertEquals(lost, false);
  device.destroy();
});

Deno.test("loadModel() takes f32 where the tiles fit the adapter, else f16", async () => {
  const precisionOf = async (
    options: { precision?: "auto" | "f16"; side: number },
  ) => {
    await using model = await loadModel(smallNetwork, [weights], options);
    return model.precision;
  };
  const { device } = await requestDevice();
  // The network's largest tensor has two blocks of four channels at the image's size.
  const side = 2 *
    Math.floor(Math.sqrt(device.limits.maxStorageBufferBindingSize / 32) / 2);
  device.destroy();
  assertEquals(await precisionOf({ side }), "f32");
  assertEquals(await precisionOf({ side: side + 2 }), "f16");
  assertEquals(await precisionOf({ side, precision: "f16" }), "f16");
});

Deno.test("loadModel() computes the same in f16, and without rewrites", async () => {
  await using exact = await loadModel(smallNetwork, [weights], {
    precision: "f32",
  });
  await using half = await loadModel(smallNetwork, [weights], {
    precision: "f16",
  });
  await using plain = await loadModel(smallNetwork, [weights], {
    precision: "f32",
    skipRewrites: ["foldBatchNorm", "liftRelu", "fuseEpilogue", "inlineConcat"],
  });
  const expected = await probability(exact);
  // Logits of some units, each of five layers rounded to 2^-11 of itself; a probability moves by a quarter of that at most.
  (await probability(half)).forEach((p, i) =>
    assert(Math.abs(p - expected[i]) < 5e-3)
  );
  (await probability(plain)).forEach((p, i) =>
    assert(Math.abs(p - expected[i]) < 1e-5)
  );
});

Deno.test("loadModel() packs weights that serve tiles of every size", async () => {
  const { dilations } = unext50Options.aspp;
  const aspp = { ...tinyUnextOptions.aspp, dilations };
  const dilated = unextArchitecture("dilated", { ...tinyUnextOptions, aspp });
  const weights = syntheticStateDict(dilated);
  await using model = await loadModel(dilated, [weights]);
  for (const size of [64, 160, 128]) { // dilations reach beyond all of the map, none of it, some of it
    await using fresh = await loadModel(dilated, [weights]);
    const tile = makeTile({ size, expansion: 0 });
    assertEquals(
      await probability(model, tile),
      await probability(fresh, tile),
    );
  }
});

async function probability(
  model: Model,
  tile = makeTile(),
): Promise<Float32Array> {
  await using predictor = await model.predictor({
    ...tile,
    factor: 1,
    span: tile.size,
    flips: false,
    threshold: 0.5,
    probability: true,
  });
  const result = await predictor.predict(tile.pixels);
  return result.probability!;
}

function shapesOf(stateDict: StateDict): Map<string, readonly number[]> {
  return new Map([...stateDict].map(([key, { shape }]) => [key, shape]));
}

Deno.test("loadModel() refuses an architecture that there is none of", async () => {
  await assertRejects(
    // @ts-expect-error the types refuse it too
    () => loadModel("unext42", [weights]),
    TypeError,
    '"unext101" or an Architecture, received "unext42"',
  );
});

Deno.test("loadModel() says which network weights fit, in two lines of a terminal", async () => {
  /** What recognition looks at: keys and shapes. */
  const shapesOf = (architecture: Architecture): StateDict =>
    new Map(
      parametersOf(architectureGraph(architecture, 64)).map((
        { name, shape },
      ) => [name, { shape, dtype: "u8", data: new Uint8Array() }]),
    );
  const messageOf = async (architecture: Architecture) => {
    const load = () => loadModel("unext101", [shapesOf(architecture)]);
    const { message } = await assertRejects(load, StateDictError);
    assert(message.length <= 160, message);
    return message;
  };
  const start = 'Cannot use "weights" as unext101: it is';
  const end = 'load it as "auto"';
  assertEquals(
    await messageOf(tinyUnext),
    `${start} a UNeXt with 1, 1, 1, 1 blocks and a stem of 8; ${end}`,
  );
  assertEquals(await messageOf(unext50), `${start} unext50; ${end}`);
});

Deno.test("loadModel() says that a training state is none, and what to take", async () => {
  const moments = new Map([...weights].flatMap(([key, tensor]) =>
    [
      [key, tensor],
      [`${key}.exp_avg`, tensor],
      [`${key}.exp_avg_sq`, tensor],
    ] as const
  ));
  const state = new File([writeSafetensors(moments)], "state.safetensors");
  for (const architecture of ["auto", "unext50", smallNetwork] as const) {
    const load = () => loadModel(architecture, [state]);
    const { message } = await assertRejects(load, TypeError);
    assertEquals(
      message,
      'Cannot use "state.safetensors" as weights: it is the state of a training run, for --resume; use "best.safetensors" in the same folder',
    );
  }
});
