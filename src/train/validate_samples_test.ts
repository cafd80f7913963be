import { assertAlmostEquals, assertEquals, assertRejects } from "@std/assert";
import { noise } from "../../tests/helpers/noise.ts";
import { syntheticStateDict } from "../../tests/helpers/synthetic_state_dict.ts";
import { tinyUnext } from "../../tests/helpers/tiny_unext.ts";
import { loadModel } from "../predict/load_model.ts";
import type { SampleTile } from "./data/sample.ts";
import type { PredictedSample } from "./page/sample_picture.ts";
import { validateSamples } from "./validate_samples.ts";

Deno.test("validateSamples() scores the centres of tiles, all together", async () => {
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
    // The centre begins at row and column 16.
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
    "Cannot validate as there must be tiles and finite probabilities: received none",
  );
});
