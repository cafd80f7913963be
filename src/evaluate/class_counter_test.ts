import { assertAlmostEquals, assertEquals, assertRejects } from "@std/assert";
import type { LabelSource } from "../labels/label_source.ts";
import { writeBands } from "../masks/write_mask.ts";
import { evaluateCounts } from "./evaluate_counts.ts";
import { MaskEvaluator } from "./mask_evaluator.ts";

const size = { width: 40, height: 600 };

/** Rectangles of classes as a mask. */
function paint(
  ...rectangles: (readonly [number, number, number, number, value: number])[]
): Uint8Array {
  const values = new Uint8Array(size.width * size.height);
  for (const [left, top, right, bottom, value] of rectangles) {
    for (let y = top; y < bottom; y++) {
      values.fill(value, y * size.width + left, y * size.width + right);
    }
  }
  return values;
}

function labelsOf(values: Uint8Array): LabelSource {
  return {
    ...size,
    readRegion: ({ y, width, height }) =>
      Promise.resolve(values.subarray(y * width, (y + height) * width)),
    [Symbol.asyncDispose]: () => Promise.resolve(),
  };
}

/** Evaluates in bands of some rows, of one class or of several. */
async function evaluate(
  truth: Uint8Array,
  found: Uint8Array,
  { rows, classes, minArea }: {
    readonly rows: number;
    readonly classes?: readonly string[];
    readonly minArea?: number;
  },
) {
  const evaluator = new MaskEvaluator(labelsOf(truth), { classes, minArea });
  async function* bands() {
    for (let y = 0; y < size.height; y += rows) {
      const height = Math.min(rows, size.height - y);
      const [from, to] = [y * size.width, (y + height) * size.width];
      yield { y, width: size.width, height, mask: found.subarray(from, to) };
    }
  }
  await writeBands(bands(), [evaluator]);
  return evaluateCounts([evaluator.counts()]);
}

const classes = ["a", "b", "absent"];
const truth = paint(
  [2, 3, 12, 20, 1],
  [20, 3, 30, 20, 2],
  [2, 250, 12, 262, 1], // across the rows that are counted together
  [2, 262, 12, 270, 2],
  [20, 400, 30, 410, 1],
);
const found = paint(
  [4, 3, 13, 20, 1],
  [20, 3, 30, 20, 1], // taken for the other
  [2, 250, 12, 263, 1],
  [2, 263, 12, 270, 2],
  [20, 500, 22, 502, 2],
);

Deno.test("MaskEvaluator of several classes scores each as an evaluation of that class alone does", async () => {
  for (const rows of [7, 256, 600]) {
    for (const minArea of [0, 10]) {
      const { classes: each = [], ...all } = await evaluate(truth, found, {
        ...{ rows, classes, minArea },
      });
      assertEquals(each.map(({ name }) => name), classes);
      for (const [i, { name: _, ...scores }] of each.entries()) {
        const only = (values: Uint8Array) =>
          values.map((value) => value === i + 1 ? 1 : 0);
        const { sweep: _s, best: _b, calibration: _c, ...expected } =
          await evaluate(
            only(truth),
            only(found),
            { rows, minArea },
          );
        assertEquals(scores, expected, `${rows} ${i}`);
      }
      // The class that is neither labeled nor predicted is not part of the mean.
      assertAlmostEquals(all.dice, (each[0].dice + each[1].dice) / 2, 1e-12);
      assertEquals(each[2].dice, 1);
      assertEquals(
        all.objects.falsePositive,
        each[0].objects.falsePositive + each[1].objects.falsePositive,
      );
    }
  }
});

Deno.test("MaskEvaluator counts which class is taken for which", async () => {
  const { confusion } = await evaluate(truth, found, { rows: 100, classes });
  const expected = classes.concat("").map((_, t) =>
    classes.concat("").map((_, p) =>
      truth.reduce(
        (sum, one, i) => sum + (one === t && found[i] === p ? 1 : 0),
        0,
      )
    )
  );
  assertEquals(confusion, expected);
  assertEquals(confusion![2][1], 170 + 10);
});

Deno.test("evaluateCounts() adds the classes of slides", async () => {
  const counts = async (values: Uint8Array) => {
    const evaluator = new MaskEvaluator(labelsOf(truth), { classes });
    const band = { y: 0, ...size, mask: values };
    await evaluator.write(band);
    return evaluator.counts();
  };
  const [one, two] = [await counts(found), await counts(truth)];
  const { classes: each, confusion } = evaluateCounts([one, two]);
  assertEquals(
    each![1].pixels.truePositive,
    one.classes![1].pixels.truePositive + 170 + 80,
  );
  assertEquals(confusion![2], [0, 180, 70 + 250, 0]);
});

Deno.test("MaskEvaluator refuses a value that is not the number of a class", async () => {
  await assertRejects(
    () => evaluate(truth, paint([0, 0, 1, 1, 4]), { rows: 600, classes }),
    RangeError,
    "its values must be 0 to 3, received 4",
  );
});
