import { assertAlmostEquals, assertEquals, assertThrows } from "@std/assert";
import { readGolden } from "../../tests/helpers/golden.ts";
import { SegmentationScore } from "./segmentation_score.ts";

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
  assertThrows(() => score.add([0], []), RangeError, "received 1 for 0 pixels");
});
