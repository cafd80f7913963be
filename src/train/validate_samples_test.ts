import { readGolden } from "../../tests/helpers/golden.ts";
import { noise } from "../../tests/helpers/noise.ts";
import { syntheticStateDict } from "../../tests/helpers/synthetic_state_dict.ts";
import { tinyUnext } from "../../tests/helpers/tiny_unext.ts";
import { loadModel } from "../predict/load_model.ts";
import type { SampleTile } from "./data/sample.ts";
import type { PredictedSample } from "./sample_picture.ts";
import { SegmentationScore, validateSamples } from "./validate_samples.ts";
import {
  assertAlmostEquals,
  assertEquals,
  assertRejects,
  assertThrows,
} from "@std/assert";

Deno.test("SegmentationScore gives PyTorch's soft Dice, in any parts", () => {
  const golden = readGolden("ops");
  const value = (name: string) => golden.values(`bce_with_logits/mean/${name}`);
  const p = value("logits").map((logit) => 1 / (1 + Math.exp(-logit)));
  const t = value("target");
  const score = new SegmentationScore();
  for (let at = 0; at < p.length; at += 100) {
    score.add(p.subarray(at, at + 100), t.subarray(at, at + 100));
  }
  assertAlmostEquals(score.dice, value("dice_soft")[0], 1e-6);
});

Deno.test("SegmentationScore gives the mean binary cross-entropy", () => {
  const score = new SegmentationScore();
  score.add([0.25, 0.5, 0.9], [1, 0, 1]);
  score.add([0.5], [0.5]);
  const expected = -Math.log(0.25) - Math.log(0.5) - Math.log(0.9) -
    Math.log(0.5);
  assertAlmostEquals(score.loss, expected / 4, 1e-12);
});

Deno.test("SegmentationScore stays finite for sure mistakes, and knows emptiness", () => {
  const score = new SegmentationScore();
  assertEquals(score.loss, NaN);
  score.add([0, 0], [0, 0]);
  assertEquals([score.loss, score.dice], [0, 1]);
  score.add([0, 1], [1, 0]);
  assertAlmostEquals(score.loss, -Math.log(1e-7) / 2);
  assertEquals(score.dice, 0);
  assertThrows(
    () => score.add([0], []),
    RangeError,
    "(1 probabilities for 0 pixels)",
  );
});

Deno.test("validateSamples() scores the centers of tiles, all together", async () => {
  await using model = await loadModel(tinyUnext, [
    syntheticStateDict(tinyUnext),
  ], { precision: "f32" });
  const [side, expansion] = [64, 32];
  const tiles: SampleTile[] = [0, 1, 2].map((index) => ({
    sample: { index, slide: "kidney", x: index, y: 7, positive: 0 },
    side,
    pixels: noise(side, side, 3).map((value) => value ^ index),
    mask: new Uint8Array(side * side).map((_, i) =>
      i % (index + 2) === 0 ? 1 : 0
    ),
  }));
  const samples: PredictedSample[] = [];
  async function* stream() {
    for (const tile of tiles) yield await Promise.resolve(tile);
  }
  const { loss, dice } = await validateSamples(model, stream(), {
    expansion,
    onSample: (sample) => samples.push(sample),
  });
  let [entropy, shared, total, count] = [0, 0, 0, 0];
  samples.forEach(({ name, side, probability, mask, pixels }, index) => {
    assertEquals([name, side], [`kidney at ${index}, 7`, 32]);
    // The center begins at row and column 16.
    assertEquals(mask[33], tiles[index].mask[17 * 64 + 17]);
    assertEquals(
      pixels[33 * 3 + 1],
      tiles[index].pixels[(17 * 64 + 17) * 3 + 1],
    );
    probability.forEach((p, i) => {
      entropy -= Math.log(Math.max(mask[i] ? p : 1 - p, 1e-7));
      shared += p * mask[i];
      total += p + mask[i];
      count++;
    });
  });
  assertEquals(count, 3 * 32 * 32);
  assertAlmostEquals(loss, entropy / count, 1e-9);
  assertAlmostEquals(dice, 2 * shared / total, 1e-9);
});

Deno.test("validateSamples() refuses to score nothing", async () => {
  await using model = await loadModel(tinyUnext, [
    syntheticStateDict(tinyUnext),
  ]);
  async function* none(): AsyncGenerator<SampleTile> {}
  await assertRejects(
    () => validateSamples(model, none(), { expansion: 0 }),
    RangeError,
    "Cannot validate: there must be tiles",
  );
});
