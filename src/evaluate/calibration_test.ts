import { assertAlmostEquals, assertEquals } from "@std/assert";
import { calibrationOf } from "./calibration.ts";

const histogram = (counts: Record<number, number>) =>
  Float64Array.from({ length: 256 }, (_, byte) => counts[byte] ?? 0);

Deno.test("calibrationOf() compares mean probabilities with labeled shares", () => {
  const { bins, error, errorWithoutLowest } = calibrationOf(
    histogram({ 0: 900, 51: 60, 255: 1 }),
    histogram({ 51: 20, 255: 19 }),
  );
  assertEquals(bins.map(({ from, to, pixels }) => [from, to, pixels]), [
    [0, 0.1, 900],
    [0.2, 0.3, 80], // 51 is 0.2, the least of its bin
    [0.9, 1, 20], // 1 is in the last
  ]);
  assertEquals(bins.map(({ labeled }) => labeled), [0, 0.25, 0.95]);
  assertAlmostEquals(bins[1].probability, 0.2);
  assertAlmostEquals(error, (80 * 0.05 + 20 * 0.05) / 1000);
  assertAlmostEquals(errorWithoutLowest, 0.05);
});

Deno.test("calibrationOf() of nothing but background is without error", () => {
  const { bins, error, errorWithoutLowest } = calibrationOf(
    histogram({ 0: 9 }),
    histogram({}),
  );
  assertEquals([bins.length, error, errorWithoutLowest], [1, 0, 0]);
});
