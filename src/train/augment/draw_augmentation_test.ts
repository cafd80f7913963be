import { Random } from "../random.ts";
import type { Augmentation } from "./augmentation.ts";
import { drawAugmentation, drawCutout } from "./draw_augmentation.ts";
import { assert, assertEquals } from "@std/assert";

const COUNT = 20000;
const drawn: Augmentation[] = Array.from(
  { length: COUNT },
  (_, i) => drawAugmentation(new Random(1, 0, i)),
);

/** Whether something happened about as often as it should: within five standard errors. */
function assertShare(
  happened: (one: Augmentation) => unknown,
  probability: number,
): void {
  const share = drawn.filter(happened).length / COUNT;
  const error = Math.sqrt(probability * (1 - probability) / COUNT);
  assert(
    Math.abs(share - probability) < 5 * error,
    `${happened}: ${share}, not ${probability}`,
  );
}

/** Whether values fill a range evenly: none outside, and the mean and ends where they should be. */
function assertUniform(values: number[], low: number, high: number): void {
  const width = high - low;
  const least = Math.min(...values), most = Math.max(...values);
  assert(least >= low && most <= high, `${least} to ${most}`);
  assert(least < low + 0.05 * width && most > high - 0.05 * width);
  const mean = values.reduce((a, b) => a + b) / values.length;
  const error = width / Math.sqrt(12 * values.length);
  assert(Math.abs(mean - (low + high) / 2) < 5 * error, `mean ${mean}`);
}

Deno.test("drawAugmentation() draws with the source's probabilities", () => {
  assertShare((one) => one.flipHorizontal, 0.5);
  assertShare((one) => one.flipVertical, 0.5);
  for (const turns of [1, 2, 3]) {
    assertShare((one) => one.quarterTurns === turns, 0.125);
  }
  assertShare((one) => one.affine, 0.9);
  for (
    const [kind, weight] of [
      ["elastic", 3],
      ["blur", 3],
      ["noise", 3],
      ["optical", 3],
      ["grid", 1],
      ["piecewise", 3],
    ] as const
  ) {
    assertShare((one) => one.distortion?.kind === kind, 0.3 * weight / 16);
  }
  for (const kind of ["hsv", "clahe", "brightness"]) {
    assertShare((one) => one.color?.kind === kind, 0.1);
  }
});

Deno.test("drawAugmentation() draws within the source's ranges", () => {
  const affine = drawn.flatMap((one) => one.affine ?? []);
  assertUniform(affine.map((one) => one.shiftX), -0.0625, 0.0625);
  assertUniform(affine.map((one) => one.shiftY), -0.0625, 0.0625);
  assertUniform(affine.map((one) => one.scale), 0.8, 1.2);
  assertUniform(affine.map((one) => one.degrees), -15, 15);
  const colors = drawn.flatMap((one) => one.color ?? []);
  const of = (kind: string, key: string) =>
    colors.filter((one) => one.kind === kind)
      .map((one) => (one as unknown as Record<string, number>)[key]);
  assertUniform(of("hsv", "hue"), -15, 15);
  assertUniform(of("hsv", "saturation"), -25, 25);
  assertEquals(new Set(of("hsv", "value")), new Set([0]));
  assertUniform(of("clahe", "clip"), 1, 2);
  assertUniform(of("brightness", "brightness"), -0.3, 0.3);
  assertUniform(of("brightness", "contrast"), -0.3, 0.3);
  for (const { distortion: one } of drawn) {
    if (one?.kind === "blur") assert([3, 5, 7].includes(one.taps));
    if (one?.kind === "noise") {
      assert(one.deviation ** 2 >= 10 && one.deviation ** 2 <= 50);
    }
    if (one?.kind === "optical") assert(Math.abs(one.k) <= 0.05);
    if (one?.kind === "grid" || one?.kind === "piecewise") {
      const { points, offsets } = one.grid;
      assertEquals(offsets.length, points * points * 2);
      assert(offsets.every((v) => Math.abs(v) <= 0.3));
    }
  }
});

Deno.test("drawAugmentation() draws the same for the same keys", () => {
  assertEquals(drawAugmentation(new Random(1, 0, 5)), drawn[5]);
});

Deno.test("drawCutout() covers half the side each way, less at the borders", () => {
  let whole = 0;
  for (let i = 0; i < 2000; i++) {
    const { x, y, width, height } = drawCutout(new Random(1, i), 64);
    assert(x >= 0 && y >= 0 && x + width <= 64 && y + height <= 64);
    assert(width >= 16 && width <= 32 && height >= 16 && height <= 32);
    if (width === 32 && height === 32) whole++;
  }
  // The center lies from 16 to 48 in x and in y: 33 of 64 each way.
  assert(Math.abs(whole / 2000 - (33 / 64) ** 2) < 0.05);
});
