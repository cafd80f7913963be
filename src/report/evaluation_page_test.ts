import { assertEquals } from "@std/assert";
import { evaluateCounts } from "../evaluate/evaluate_counts.ts";
import { describeThreshold, type EvaluationRow } from "./evaluation_page.ts";

const counts = { truePositive: 1, falsePositive: 0, falseNegative: 0 };
const evaluation = evaluateCounts([{ pixels: counts, objects: counts }]);
const row = (rest: Partial<EvaluationRow>): EvaluationRow => ({
  ...{ name: "a", variant: "predicted", evaluation },
  ...rest,
});

Deno.test("describeThreshold() tells the thresholds of masks that were written before", () => {
  const scored = "mask";
  const describe = (...thresholds: (number | undefined)[]) =>
    describeThreshold(
      thresholds.map((threshold) => row({ scored, threshold })),
    );
  const masks = "Masks are scored as written, at the threshold of their run: ";
  assertEquals(describe(0.4, 0.4), `${masks}0.4.`);
  assertEquals(describe(0.4, 0.3), `${masks}0.3 to 0.4.`);
  assertEquals(
    describe(0, undefined),
    `${masks}0; that of 1 is unknown.`,
  );
  assertEquals(describe(undefined), undefined);
  assertEquals(
    describeThreshold([row({ scored: "model", threshold: 0.5 })]),
    undefined,
  );
});
