import { makeTile } from "../../tests/helpers/make_tile.ts";
import { syntheticStateDict } from "../../tests/helpers/synthetic_state_dict.ts";
import { conv2d } from "../graph/ops/conv2d.ts";
import { maxPool2d } from "../graph/ops/max_pool2d.ts";
import { resizeBilinear } from "../graph/ops/resize_bilinear.ts";
import type { Architecture } from "../models/architecture.ts";
import { toFloat32 } from "../weights/tensor_data.ts";
import { hubmapNormalization, loadModel } from "./load_model.ts";
import { predictTiles } from "./predict_tiles.ts";
import { assert, assertEquals, assertRejects } from "@std/assert";

/** A network of one layer, whose probabilities a line of code foretells. */
const plain: Architecture = {
  name: "plain",
  forward: (image) => conv2d(image, { name: "a", channels: 1, kernel: 1 }),
};

/** A network whose strides need multiples of 3. */
const thirds: Architecture = {
  name: "thirds",
  forward: (image) =>
    resizeBilinear(
      maxPool2d(plain.forward(image), { kernel: 3, stride: 3 }),
      { scale: 3 },
    ),
};

Deno.test("predictTiles() takes tiles of any side that the network takes", async () => {
  const weights = syntheticStateDict(plain);
  await using model = await loadModel(plain, weights);
  const [weight, bias] = ["a.weight", "a.bias"].map((name) =>
    toFloat32(weights.get(name)!)
  );
  const { mean, std } = hubmapNormalization;
  for (const [size, expansion] of [[33, 0], [25, 6], [1, 2], [30, 4]]) {
    const tile = makeTile({ size, expansion });
    const [{ probability, probability8 }] = await Array.fromAsync(
      predictTiles(stream([tile]), model, {
        ...{ probability: true, probability8: true, flips: true } as const,
      }),
    );
    const side = size + expansion;
    assertEquals([probability.length, probability8.length], [
      size ** 2,
      size ** 2,
    ]);
    probability.forEach((p, i) => {
      const [x, y] = [i % size, Math.floor(i / size)].map((at) =>
        at + expansion / 2
      );
      const logit = [0, 1, 2].reduce((sum, c) => {
        const value = tile.pixels[(y * side + x) * 3 + c] / 255;
        return sum + weight[c] * (value - mean[c]) / std[c];
      }, bias[0]);
      assert(
        Math.abs(p - 1 / (1 + Math.exp(-logit))) < 1e-5,
        `${p} at ${x}, ${y} of ${side}`,
      );
    });
  }
});

Deno.test("predictTiles() names the sides that fit where the network takes others than a tile's", async () => {
  await using model = await loadModel(thirds, syntheticStateDict(thirds));
  const predict = (size: number, expansion: number) =>
    Array.fromAsync(
      predictTiles(stream([makeTile({ size, expansion })]), model),
    );
  assertEquals((await predict(57, 6))[0].mask.length, 57 ** 2);
  await assertRejects(
    () => predict(60, 4),
    RangeError,
    "Cannot use thirds for tiles of 64 pixels, expansion included: its logits must be 1×1×64×64, received [1, 1, 63, 63]; use 63 or 66",
  );
});

async function* stream<T>(items: readonly T[]): AsyncGenerator<T> {
  yield* items;
}
