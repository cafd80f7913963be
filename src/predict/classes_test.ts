import {
  assert,
  assertAlmostEquals,
  assertEquals,
  assertRejects,
} from "@std/assert";
import { makeTile } from "../../tests/helpers/make_tile.ts";
import {
  smallNetwork,
  smallNetworkOf,
} from "../../tests/helpers/small_network.ts";
import { syntheticStateDict } from "../../tests/helpers/synthetic_state_dict.ts";
import type { Activation, MaskClass } from "../io/classes.ts";
import type { Tile } from "../tiles/plan_tiles.ts";
import { type StateDict, toFloat32 } from "../weights/tensor_data.ts";
import { writeSafetensors } from "../weights/write_safetensors.ts";
import { writeTraining } from "./checkpoint_metadata.ts";
import { loadModel, type LoadModelOptions } from "./load_model.ts";
import { type PredictOptions, predictTiles } from "./predict_tiles.ts";

const named = (...names: string[]): MaskClass[] =>
  names.map((name) => ({ name }));
const ABC = named("a", "b", "c");

/** The network of one output that gives one channel of another's logits. */
function channelOf(weights: StateDict, channel: number): StateDict {
  const sliced = new Map(weights);
  for (const name of ["logits.weight", "logits.bias"]) {
    const { shape, dtype, data } = weights.get(name)!;
    const bytes = data.length / shape[0];
    sliced.set(name, {
      ...{ dtype, shape: [1, ...shape.slice(1)] },
      data: data.slice(channel * bytes, (channel + 1) * bytes),
    });
  }
  return sliced;
}

async function predict(
  weights: readonly StateDict[],
  outputs: number,
  options: LoadModelOptions & PredictOptions & { readonly tiles: Tile[] },
) {
  const architecture = smallNetworkOf(outputs);
  await using model = await loadModel(architecture, weights, options);
  async function* stream() {
    yield* options.tiles;
  }
  return await Array.fromAsync(predictTiles(stream(), model, {
    ...options,
    ...{ probability: true, probability8: true },
    ...{ probabilities: true, probabilities8: true },
  }));
}

const tiles = [
  makeTile({ downsample: 2 }),
  makeTile({ index: 1, downsample: 2 }),
];

/** Weights whose logits are around zero in each channel, so that all classes occur. */
async function balanced(seed: string): Promise<StateDict> {
  const weights = syntheticStateDict(smallNetworkOf(3), { seed });
  const options = { tiles: [tiles[0]], classes: ABC };
  const [{ probabilities }] = await predict([weights], 3, options);
  const bias = toFloat32(weights.get("logits.bias")!).slice();
  probabilities.forEach((plane, k) => {
    const middle = plane.toSorted()[plane.length >> 1];
    bias[k] -= Math.log(middle / (1 - middle));
  });
  const data = new Uint8Array(bias.buffer);
  return new Map(weights)
    .set("logits.bias", { dtype: "f32", shape: [3], data });
}
const ensemble = [await balanced(""), await balanced("a")];

for (const precision of ["f32", "f16"] as const) {
  Deno.test(`predictTiles() gives each sigmoid what a network of it alone gives, and the highest as the class, ${precision}`, async () => {
    const options = { tiles, precision, flips: true, threshold: 0.5 };
    const found = await predict(ensemble, 3, { ...options, classes: ABC });
    const alone = await Promise.all(
      [0, 1, 2].map((channel) =>
        predict(ensemble.map((one) => channelOf(one, channel)), 1, options)
      ),
    );
    const seen = new Set<number>();
    for (const [i, { mask, ...of }] of found.entries()) {
      for (const [at, value] of mask.entries()) {
        const own = of.probabilities.map((plane) => plane[at]);
        const expected = alone.map((one) => one[i].probability[at]);
        // Other networks may round their sums in another order.
        for (const k of [0, 1, 2]) {
          assertAlmostEquals(
            own[k],
            expected[k],
            precision === "f32" ? 1e-6 : 1e-3,
          );
        }
        const best = Math.max(...own);
        assertEquals(value, best > 0.5 ? own.indexOf(best) + 1 : 0);
        assertEquals(of.probability[at], best);
        const bytes = of.probabilities8.map((plane) => plane[at]);
        assertEquals(of.probability8[at], Math.max(...bytes));
        assertAlmostEquals(bytes[1], own[1] * 255, 0.501);
        seen.add(value);
      }
    }
    assertEquals(seen, new Set([0, 1, 2, 3]));
  });
}

Deno.test("predictTiles() makes a softmax over all channels, the first of which is background", async () => {
  const [weights] = ensemble;
  const [own] = await predict([weights], 3, {
    ...{ tiles: [tiles[0]], classes: named("a", "b"), threshold: 0.3 },
  });
  const size = makeTile(); // so that nothing is upsampled after the softmax
  const [small] = await predict([weights], 3, {
    ...{ tiles: [size], classes: named("a", "b"), threshold: 0.3 },
  });
  const logits = await Promise.all([0, 1, 2].map(async (channel) => {
    const one = channelOf(weights, channel);
    const [{ probability }] = await predict([one], 1, { tiles: [size] });
    return probability.map((p) => Math.log(p / (1 - p)));
  }));
  assertEquals(own.probabilities.length, 2);
  for (const [at, value] of small.mask.entries()) {
    const powers = logits.map((plane) => Math.exp(plane[at]));
    const sum = powers.reduce((a, b) => a + b);
    const [, ...expected] = powers.map((power) => power / sum);
    const shares = small.probabilities.map((plane) => plane[at]);
    for (const k of [0, 1]) assertAlmostEquals(shares[k], expected[k], 1e-5);
    const best = Math.max(...shares);
    assertEquals(
      value,
      best > Math.fround(0.3) ? shares.indexOf(best) + 1 : 0,
    );
  }
});

Deno.test("predictTiles() gives one class the same bytes by name, and as the probabilities of all classes", async () => {
  const [weights] = ensemble.map((one) => channelOf(one, 0));
  const [plain] = await predict([weights], 1, { tiles });
  const [given] = await predict([weights], 1, { tiles, classes: named("a") });
  assertEquals(given, plain);
  assertEquals(plain.probabilities, [plain.probability]);
  assertEquals(plain.probabilities8, [plain.probability8]);
  assert(plain.mask.every((value) => value < 2));
});

/** Weights of three outputs whose file says what they are. */
function fileOf(outputs?: readonly MaskClass[], activation?: Activation) {
  return writeSafetensors(ensemble[0], writeTraining({ outputs, activation }));
}

Deno.test("loadModel() takes classes as given, else as the file says them, and finds the activation by their number", async () => {
  const of = async (source: Uint8Array, options: LoadModelOptions = {}) => {
    await using model = await loadModel(smallNetworkOf(3), source, options);
    const [{ activation }] = model.networks;
    return [model.classes.map(({ name }) => name).join(), activation];
  };
  const file = fileOf();
  assertEquals(await of(file, { classes: ABC }), ["a,b,c", "sigmoid"]);
  assertEquals(await of(file, { classes: named("x", "y") }), [
    "x,y",
    "softmax",
  ]);
  assertEquals(await of(fileOf(ABC)), ["a,b,c", "sigmoid"]);
  const two = fileOf(named("a", "b"), "softmax");
  assertEquals(await of(two), ["a,b", "softmax"]);
  assertEquals(await of(two, { classes: named("x", "y") }), ["x,y", "softmax"]);
  await using one = await loadModel(
    smallNetwork,
    syntheticStateDict(smallNetwork),
  );
  assertEquals(one.classes, [{ name: "foreground" }]);
});

Deno.test("loadModel() refuses classes that do not fit the network, and networks that do not fit each other", async () => {
  const refuses = async (
    says: string,
    source: Parameters<typeof loadModel>[1],
    options: LoadModelOptions = {},
    outputs = 3,
  ) =>
    await assertRejects(
      () => loadModel(smallNetworkOf(outputs), source, options),
      TypeError,
      says,
    );
  await refuses(
    'Cannot load "weights": its network has 3 outputs, and nothing says of which classes: name 3 (each on its own, sigmoid) or 2 (softmax, whose first output is background) with --class-name, once for each (loadModel\'s classes)',
    fileOf(),
  );
  await refuses(
    'its network has 3 outputs, which does not fit 1 class, "a": they need 1 (each on its own, sigmoid) or 2 (softmax, whose first output is background)',
    fileOf(),
    { classes: named("a") },
  );
  await refuses(
    'does not fit 2 classes, "a", "b": a sigmoid of them needs 2',
    fileOf(),
    { classes: named("a", "b"), activation: "sigmoid" },
  );
  await refuses("name 2 with --class-name", fileOf(undefined, "softmax"));
  await refuses(
    "its network has 1 output, of which a softmax is always 1",
    syntheticStateDict(smallNetwork),
    { activation: "softmax" },
    1,
  );
  await refuses(
    'its classes are "b", "a", "c", and those of another network "a", "b", "c": an ensemble needs the same in one order',
    [fileOf(ABC), fileOf(named("b", "a", "c"))],
    { classes: named("x", "y", "z") },
  );
  await assertRejects(
    () =>
      loadModel(smallNetworkOf(3), fileOf(), { classes: named("a", "a", "b") }),
    RangeError,
    'two classes have the name "a"',
  );
});
