import { RleLabels } from "../labels/rle_labels.ts";
import { encodeRle } from "../masks/rle/rle_encoder.ts";
import { Random } from "../train/random.ts";
import { evaluateCounts } from "./evaluate_counts.ts";
import {
  MaskAgreement,
  MaskEvaluator,
  type MaskEvaluatorOptions,
} from "./mask_evaluator.ts";
import {
  assert,
  assertAlmostEquals,
  assertEquals,
  assertRejects,
  assertThrows,
} from "@std/assert";

Deno.test("MaskAgreement counts the pixels that a threshold would set otherwise, but for ties", () => {
  const random = new Random(3);
  for (const threshold of [0, 0.1, 0.5, 0.73, 1]) {
    const p = Float64Array.from({ length: 20000 }, () => random.uniform(0, 1));
    const mask = Uint8Array.from(p, (value) => value > threshold ? 1 : 0);
    const probability8 = Uint8Array.from(p, (value) => 255 * value + 0.5);
    const band = { y: 0, width: 200, height: 100, mask, probability8 };
    const whole = new MaskAgreement();
    whole.add(band);
    assertEquals(whole.contradictions(threshold), 0);
    assertEquals(whole.contradictions(), 0);
    // Cut at a threshold 0.2 away, a fifth of the pixels would be otherwise.
    const other = threshold < 0.5 ? threshold + 0.2 : threshold - 0.2;
    const share = whole.contradictions(other) / p.length;
    assert(Math.abs(share - 0.2) < 0.02, `${share}`);
    // Pixels that no threshold explains.
    const broken = mask.slice();
    const flipped = [...probability8.keys()].filter((i) =>
      Math.abs(probability8[i] - 255 * threshold) > 2
    ).slice(0, 7);
    for (const i of flipped) broken[i] = 1 - broken[i];
    const some = new MaskAgreement();
    some.add({ ...band, mask: broken });
    assertEquals(some.contradictions(threshold), 7);
  }
});

Deno.test("MaskAgreement has nothing to say without probabilities", () => {
  const agreement = new MaskAgreement();
  agreement.add({ y: 0, width: 2, height: 1, mask: Uint8Array.of(0, 1) });
  assertEquals(agreement.contradictions(0.5), 0);
  assertEquals(agreement.contradictions(), 0);
});

/** Evaluates a mask in bands of some rows. */
async function evaluate(
  truth: Uint8Array,
  mask: Uint8Array,
  { width, probability8, rows = 7, ...options }: MaskEvaluatorOptions & {
    width: number;
    probability8?: Uint8Array;
    rows?: number;
  },
) {
  const size = { width, height: truth.length / width };
  const labels = new RleLabels(encodeRle(truth, size), size);
  const evaluator = new MaskEvaluator(labels, options);
  for (let y = 0; y < size.height; y += rows) {
    const height = Math.min(rows, size.height - y);
    const range = [y * width, (y + height) * width] as const;
    await evaluator.write({
      y,
      width,
      height,
      mask: mask.slice(...range),
      probability8: probability8?.slice(...range),
    });
  }
  return evaluator.counts();
}

/** A mask drawn by hand: # is set. */
function draw(...rows: string[]): Uint8Array {
  return Uint8Array.from(rows.join(""), (sign) => sign === "#" ? 1 : 0);
}

Deno.test("MaskEvaluator counts pixels and objects, joined across bands", async () => {
  const truth = draw(
    "##....##..",
    "##....##..",
    "..........",
    "#.#...####",
    "###...####",
  );
  const mask = draw(
    "##.....#..",
    "###......#",
    "..........",
    "#.#...#.##",
    "###...#.##",
  );
  for (const rows of [1, 2, 5]) {
    const counts = await evaluate(truth, mask, { width: 10, rows });
    const { dice, iou, pixels, objects } = evaluateCounts([counts]);
    assertEquals(pixels, {
      truePositive: 16,
      falsePositive: 2,
      falseNegative: 5,
    });
    assertAlmostEquals(dice, 32 / 39, 1e-12);
    assertAlmostEquals(iou, 16 / 23, 1e-12);
    // The square and the U match; the right bar is cut in two, neither more than half of it.
    const { truePositive, falsePositive, falseNegative } = objects;
    assertEquals([truePositive, falsePositive, falseNegative], [2, 4, 2]);
    assertAlmostEquals(objects.precision, 2 / 6, 1e-12);
    assertEquals(objects.recall, 0.5);
  }
  const large = await evaluate(truth, mask, { width: 10, minArea: 3 });
  const { truePositive, falsePositive } = large.objects;
  assertEquals(truePositive + falsePositive, 3);
});

Deno.test("MaskEvaluator matches objects as flood filling does", async () => {
  const width = 40, height = 33;
  const blobs = (seed: number) => {
    const random = new Random(seed);
    const mask = new Uint8Array(width * height);
    for (let i = 0; i < 30; i++) {
      const [cx, cy, r] = [
        random.integer(width),
        random.integer(height),
        random.uniform(0.5, 4),
      ];
      for (let k = 0; k < mask.length; k++) {
        const [x, y] = [k % width, Math.floor(k / width)];
        if (Math.hypot(x - cx, y - cy) < r) mask[k] = 1;
      }
    }
    return mask;
  };
  let matches = 0;
  for (let seed = 0; seed < 12; seed++) {
    const truth = blobs(seed);
    // Much alike: the same blobs with some noise on them.
    const random = new Random(seed, 1);
    const mask = truth.map((v) => random.chance(0.1) ? 1 - v : v);
    const [a, b] = [flood(truth, width), flood(mask, width)];
    let matched = 0;
    for (const one of a) {
      for (const other of b) {
        const both = [...one].filter((k) => other.has(k)).length;
        if (both > (one.size + other.size - both) / 2) matched++;
      }
    }
    matches += matched;
    assertEquals((await evaluate(truth, mask, { width })).objects, {
      truePositive: matched,
      falsePositive: b.length - matched,
      falseNegative: a.length - matched,
    });
  }
  assert(matches > 20);
});

function flood(mask: Uint8Array, width: number): Set<number>[] {
  const left = new Set(mask.keys().filter((k) => mask[k] === 1));
  const parts: Set<number>[] = [];
  for (const start of left) {
    const part = new Set([start]);
    for (const k of part) {
      left.delete(k);
      const near = [k - width, k + width];
      if (k % width > 0) near.push(k - 1);
      if (k % width < width - 1) near.push(k + 1);
      for (const next of near) if (left.has(next)) part.add(next);
    }
    parts.push(part);
  }
  return parts;
}

Deno.test("evaluateCounts() sweeps thresholds over all slides together", async () => {
  const random = new Random(4);
  const slides = await Promise.all([0, 1].map(async () => {
    const truth = Uint8Array.from({ length: 600 }, () => random.integer(2));
    const probability8 = truth.map((t) =>
      Math.min(255, Math.max(0, 90 + 60 * t + 50 * random.normal()))
    );
    const mask = probability8.map((p) => p > 127 ? 1 : 0);
    const counts = await evaluate(truth, mask, { width: 30, probability8 });
    return { truth, probability8, counts };
  }));
  const { sweep, best, dice } = evaluateCounts(
    slides.map(({ counts }) => counts),
  );
  assertEquals(sweep!.length, 255);
  for (const byte of [0, 100, 127, 254]) {
    let both = 0, total = 0;
    for (const { truth, probability8 } of slides) {
      truth.forEach((t, i) => {
        const p = probability8[i] > byte ? 1 : 0;
        both += t * p;
        total += t + p;
      });
    }
    assertAlmostEquals(sweep![byte].threshold, byte / 255, 1e-12);
    assertAlmostEquals(sweep![byte].dice, 2 * both / total, 1e-12);
  }
  assertAlmostEquals(sweep![127].dice, dice, 1e-12);
  assert(sweep!.every((one) => one.dice <= best!.dice));
});

Deno.test("evaluateCounts() calls nothing found of nothing there perfect, and wants a slide", async () => {
  const none = new Uint8Array(100);
  const counts = await evaluate(none, none, { width: 10 });
  const { dice, iou, objects, sweep } = evaluateCounts([counts]);
  assertEquals([dice, iou, objects.precision, objects.recall], [1, 1, 1, 1]);
  assertEquals(sweep, undefined);
  assertThrows(() => evaluateCounts([]), RangeError, "at least one slide");
});

Deno.test("MaskEvaluator refuses a mask of another width", async () => {
  const size = { width: 10, height: 10 };
  const evaluator = new MaskEvaluator(new RleLabels("", size));
  const band = { y: 0, width: 9, height: 1, mask: new Uint8Array(9) };
  await assertRejects(() => evaluator.write(band), RangeError, "received 9");
});

Deno.test("MaskEvaluator takes bands without probabilities for a probability of 0", async () => {
  const size = { width: 4, height: 2 };
  const truth = Uint8Array.of(1, 1, 0, 0, 1, 0, 0, 0);
  const evaluator = new MaskEvaluator(
    new RleLabels(encodeRle(truth, size), size),
  );
  const band = { width: 4, height: 1, mask: new Uint8Array(4) };
  const probability8 = Uint8Array.of(9, 0, 3, 9);
  await evaluator.write({ ...band, y: 0, probability8 });
  await evaluator.write({ ...band, y: 1 });
  const [outside, inside] = evaluator.counts().histograms!;
  const counted = (histogram: ArrayLike<number>) =>
    Array.from(histogram).flatMap((n, byte) => n > 0 ? [[byte, n]] : []);
  assertEquals(counted(outside), [[0, 3], [3, 1], [9, 1]]);
  assertEquals(counted(inside), [[0, 2], [9, 1]]);
});

Deno.test("MaskEvaluator counts the same whatever the bands' heights, few rows or hundreds", async () => {
  const width = 9;
  const random = new Random(6);
  const truth = Uint8Array.from(
    { length: width * 700 },
    () => random.integer(2),
  );
  const mask = truth.map((value) =>
    random.integer(8) === 0 ? 1 - value : value
  );
  const expected = await evaluate(truth, mask, { width, rows: 50 });
  assert(expected.pixels.truePositive > 0);
  for (const rows of [256, 257, 700]) {
    assertEquals(await evaluate(truth, mask, { width, rows }), expected);
  }
});

Deno.test("MaskEvaluator scores only what is known of labels, of one class or of several", async () => {
  const truth = draw("##....", "##....", "....##", "....##");
  const mask = draw("##..#.", "###.#.", "......", "......");
  const known = draw("##....", "###...", "......", "....##");
  const size = { width: 6, height: 4 };
  const probability8 = mask.map((value) => value ? 200 : 100);
  for (const classes of [undefined, ["a", "b"]]) {
    const evaluator = new MaskEvaluator({
      ...size,
      readRegion: () => Promise.resolve(truth.slice()),
      readKnown: () => Promise.resolve(known.slice()),
      knownPixels: 7,
      [Symbol.asyncDispose]: () => Promise.resolve(),
    }, { classes });
    await evaluator.write({ y: 0, ...size, mask, probability8 });
    const counts = evaluator.counts();
    assertEquals(counts.pixels, {
      ...{ truePositive: 4, falsePositive: 1, falseNegative: 2 },
    });
    assertEquals(counts.objects, {
      ...{ truePositive: 1, falsePositive: 0, falseNegative: 0 },
    });
    // The other label is known in part, and the other prediction is where nothing is known.
    const leftOut = { labeled: 1, predicted: 1 };
    assertEquals(counts.known, { pixels: 7, of: 24, leftOut });
    const all = evaluateCounts([counts, counts]).known;
    assertEquals(all?.leftOut, { labeled: 2, predicted: 2 });
    if (classes) {
      assertEquals(counts.confusion, [[0, 1, 0], [2, 4, 0], [0, 0, 0]]);
      continue;
    }
    const [outside, inside] = counts.histograms!;
    assertEquals([outside[100], outside[200]], [0, 1]);
    assertEquals([inside[100], inside[200]], [2, 4]);
    assertEquals([counts.unknown![100], counts.unknown![200]], [15, 2]);
  }
});
