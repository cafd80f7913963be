import { assertAlmostEquals, assertEquals } from "@std/assert";
import { UNKNOWN } from "../labels/label_source.ts";
import { ClassScore } from "./class_score.ts";
import { SegmentationScore } from "./validate_samples.ts";

// Four pixels: background, the first class, the second, the second.
const mask = Uint8Array.of(0, 1, 2, 2);
const planes = [[0.1, 0.6, 0.2, 0], [0.2, 0.3, 0.7, 0.5]];

Deno.test("ClassScore gives each class its soft Dice, and their mean", () => {
  for (const activation of ["sigmoid", "softmax"] as const) {
    const score = new ClassScore(3, activation);
    score.add(
      [...planes, [0, 0, 0, 0]].map((plane) => plane.slice(0, 2)),
      mask.subarray(0, 2),
    );
    score.add(
      [...planes, [0, 0, 0, 0]].map((plane) => plane.slice(2)),
      mask.subarray(2),
    );
    const [first, second, absent] = score.classes;
    assertAlmostEquals(first, 2 * 0.6 / (0.9 + 1), 1e-12);
    assertAlmostEquals(second, 2 * 1.2 / (1.7 + 2), 1e-12);
    assertEquals(absent, 1);
    assertAlmostEquals(score.dice, (first + second) / 2, 1e-12); // of those with labels
  }
});

Deno.test("ClassScore and SegmentationScore leave unknown pixels out", () => {
  const unknown = [0.9, 0.3];
  const some = Uint8Array.of(UNKNOWN, ...mask, UNKNOWN);
  const wide = (plane: readonly number[]) => [unknown[0], ...plane, unknown[1]];
  for (const activation of ["sigmoid", "softmax"] as const) {
    const [plain, partial, none] = [0, 1, 2].map(() =>
      new ClassScore(2, activation)
    );
    plain.add(planes, mask);
    partial.add(planes.map(wide), some);
    assertEquals(
      [partial.loss, partial.dice, partial.classes],
      [plain.loss, plain.dice, plain.classes],
    );
    none.add(planes, mask.map(() => UNKNOWN));
    assertEquals(none.loss, NaN);
  }
  const [plain, partial] = [0, 1].map(() => new SegmentationScore());
  plain.add(planes[0], mask.map((value) => value && 1));
  partial.add(
    wide(planes[0]),
    some.map((value) => value === UNKNOWN ? value : value && 1),
  );
  assertEquals([partial.loss, partial.dice], [plain.loss, plain.dice]);
});

Deno.test("ClassScore has the loss of its activation", () => {
  const sigmoid = new ClassScore(2, "sigmoid");
  sigmoid.add(planes, mask);
  const terms = [0.9, 0.6, 0.8, 1, 0.8, 0.7, 0.7, 0.5];
  assertAlmostEquals(
    sigmoid.loss,
    -terms.reduce((sum, p) => sum + Math.log(p), 0) / 8,
    1e-12,
  );
  const softmax = new ClassScore(2, "softmax");
  softmax.add(planes, mask);
  const entropy = -Math.log(0.7 * 0.6 * 0.7 * 0.5) / 4;
  const dice = ((2 * 0.6 + 1) / (0.9 + 1 + 1) + (2 * 1.2 + 1) / (1.7 + 2 + 1)) /
    2;
  assertAlmostEquals(softmax.loss, entropy + 1 - dice, 1e-12);
});
