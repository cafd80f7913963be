import { assertEquals } from "@std/assert";
import { type MatchedObject, ObjectMatcher } from "./object_matcher.ts";

type Mask = readonly string[];

const bytesOf = (mask: Mask): Uint8Array =>
  Uint8Array.from(mask.join(""), (one) => one === "#" ? 1 : 0);

/** Matches two masks, so many rows at a time. */
function match(
  actual: Mask,
  predicted: Mask,
  { rows = 1, minArea, known }: {
    readonly rows?: number;
    readonly minArea?: number;
    readonly known?: Mask;
  } = {},
) {
  const [{ length: width }] = actual;
  const found: MatchedObject[] = [];
  const onObject = (object: MatchedObject) => void found.push(object);
  const matcher = new ObjectMatcher({ width, minArea, onObject });
  for (let y = 0; y < actual.length; y += rows) {
    const [a, b] = [actual, predicted].map((mask) =>
      bytesOf(mask.slice(y, y + rows))
    );
    matcher.addRows(
      ...[a, b, b.map((value, i) => value ? 200 : i % width)] as const,
      known && bytesOf(known.slice(y, y + rows)),
    );
  }
  const counts = matcher.result();
  return { counts, found, leftOut: matcher.leftOut };
}

const said = ({ kind, polygon, iou }: MatchedObject) =>
  `${kind} ${polygon.area}${iou === undefined ? "" : ` ${iou.toFixed(3)}`}`;

Deno.test("ObjectMatcher tells hits, misses and false alarms", () => {
  const { counts, found } = match(
    [
      "####....##....",
      "####....##....",
      "..............",
      "......###.....",
    ],
    [
      ".####.......#.",
      "####........#.",
      "..............",
      "......###.....",
    ],
  );
  assertEquals(found.map(said).toSorted(), [
    "falseAlarm 2",
    "hit 3 1.000",
    "hit 8 0.778",
    "miss 4",
  ]);
  assertEquals(counts, { truePositive: 2, falsePositive: 1, falseNegative: 1 });
  const miss = found.find(({ kind }) => kind === "miss")!;
  assertEquals(miss.polygon.probability, 8.5 / 255); // predicted in it
  const hit = found.find(({ polygon }) => polygon.area === 3)!;
  assertEquals(hit.labeled?.rings, hit.polygon.rings);
});

Deno.test("ObjectMatcher matches a label that touches two predictions with one of them at most", () => {
  const label = ["########"];
  const one = match(label, ["######.#"]);
  assertEquals(one.found.map(said).toSorted(), ["falseAlarm 1", "hit 6 0.750"]);
  const none = match(label, ["####.###"]); // half of the union is not more than half
  assertEquals(none.found.map(said).toSorted(), [
    "falseAlarm 3",
    "falseAlarm 4",
    "miss 8",
  ]);
  // Two parts of a prediction that turn out to be one.
  const joined = match(["####", "####"], ["#.##", "####"]);
  assertEquals(joined.found.map(said), ["hit 7 0.875"]);
});

Deno.test("ObjectMatcher takes masks without objects, and ignores small predictions", () => {
  const zero = { truePositive: 0, falsePositive: 0, falseNegative: 0 };
  const empty = ["....", "...."];
  assertEquals(match(empty, empty).counts, zero);
  const some = ["##..", "...."];
  assertEquals(match(some, empty).counts, { ...zero, falseNegative: 1 });
  assertEquals(match(empty, some).counts, { ...zero, falsePositive: 1 });
  assertEquals(match(empty, some, { minArea: 3 }).counts, zero);
  const missed = match(some, some, { minArea: 3 });
  assertEquals(missed.found.map(said), ["miss 2"]);
});

Deno.test("ObjectMatcher does not keep what can match no more until a large object ends", () => {
  // A label along all rows, with predictions in it.
  const height = 400;
  const found: number[] = [];
  let y = 0;
  const onObject = () => void found.push(y);
  const matcher = new ObjectMatcher({ width: 8, onObject });
  for (; y < height; y++) {
    const predicted = new Uint8Array(8).fill(y % 4 === 0 ? 1 : 0, 2, 6);
    matcher.addRows(new Uint8Array(8).fill(1), predicted);
  }
  assertEquals(found.length, height / 4);
  assertEquals(found.every((row, i) => row === i * 4 + 1), true);
  assertEquals(matcher.result().falseNegative, 1);
  assertEquals(found.length, height / 4 + 1);
});

Deno.test("ObjectMatcher agrees with a plain comparison of random masks, however many rows come at a time", () => {
  let seed = 7;
  const random = () => (seed = seed * 48271 % 2147483647) / 2147483647;
  for (let round = 0; round < 60; round++) {
    const [width, height] = [4 + round % 9, 3 + round % 7];
    const draw = (density: number) =>
      Array.from({ length: height }, () =>
        Array.from(
          { length: width },
          () => random() < density ? "#" : ".",
        ).join(""));
    const actual = draw(0.55);
    const predicted = actual.map((row) =>
      row.replace(/./g, (one) => random() < 0.12 ? "#" : one)
    );
    const expected = plainCounts(actual, predicted);
    for (const rows of [1, 2, height]) {
      assertEquals(match(actual, predicted, { rows }).counts, expected);
    }
  }
});

Deno.test("ObjectMatcher leaves out what is uncertain where labels are known in part", () => {
  // Two labels, the second of which is cut off by what is unknown; two predictions meet it, one other nothing.
  const { counts, found, leftOut } = match(
    ["##...#######...", "##...#######...", "..............."],
    ["##...##.####..#", "##..........#..", "..............."],
    { known: ["##########.....", "##########....#", "##########....#"] },
  );
  assertEquals(found.map(said), ["hit 4 1.000"]);
  assertEquals(counts, { truePositive: 1, falsePositive: 0, falseNegative: 0 });
  assertEquals(leftOut, { labeled: 1, predicted: 4 });
});

Deno.test("ObjectMatcher agrees with a plain comparison where random pixels are unknown", () => {
  let seed = 11;
  const random = () => (seed = seed * 48271 % 2147483647) / 2147483647;
  const sums = { hits: 0, labeled: 0, predicted: 0, alarms: 0 };
  for (let round = 0; round < 80; round++) {
    const [width, height] = [6 + round % 9, 5 + round % 7];
    const draw = (density: number) =>
      Array.from({ length: height }, () =>
        Array.from(
          { length: width },
          () => random() < density ? "#" : ".",
        ).join(""));
    const actual = draw(0.4);
    const predicted = actual.map((row) =>
      row.replace(/./g, (one) => random() < 0.12 ? "#" : one)
    );
    const known = draw(0.93);
    const expected = plainKnownCounts(actual, predicted, known);
    for (const rows of [1, 2, height]) {
      const { counts, leftOut } = match(actual, predicted, { rows, known });
      assertEquals({ ...counts, ...leftOut }, expected);
    }
    sums.hits += expected.truePositive;
    sums.alarms += expected.falsePositive;
    sums.labeled += expected.labeled;
    sums.predicted += expected.predicted;
  }
  assertEquals(Object.values(sums).every((sum) => sum > 20), true);
});

/** Counts of objects of which it is certain what they match, and of others, by sets of pixels. */
function plainKnownCounts(actual: Mask, predicted: Mask, known: Mask) {
  const isPartial = (object: Set<string>) =>
    [...object].some((at) => {
      const [x, y] = at.split(",").map(Number);
      return known[y][x] !== "#";
    });
  const [a, b] = [actual, predicted].map(objectsOf);
  const counts = { truePositive: 0, falsePositive: 0, falseNegative: 0 };
  const leftOut = { labeled: 0, predicted: 0 };
  const matched = new Set<Set<string>>();
  for (const one of a) {
    const other = b.find((other) =>
      one.intersection(other).size > one.union(other).size / 2
    );
    if (other) matched.add(other);
    if (isPartial(one)) {
      leftOut.labeled++;
      if (other) leftOut.predicted++;
    } else if (other) counts.truePositive++;
    else counts.falseNegative++;
  }
  for (const other of b.filter((other) => !matched.has(other))) {
    const isUncertain = isPartial(other) ||
      a.some((one) => isPartial(one) && one.intersection(other).size > 0);
    if (isUncertain) leftOut.predicted++;
    else counts.falsePositive++;
  }
  return { ...counts, ...leftOut };
}

/** Counts by sets of pixels. */
function plainCounts(actual: Mask, predicted: Mask) {
  const [a, b] = [actual, predicted].map(objectsOf);
  let truePositive = 0;
  for (const one of a) {
    for (const other of b) {
      const shared = one.intersection(other).size;
      if (shared > one.union(other).size / 2) truePositive++;
    }
  }
  return {
    truePositive,
    falsePositive: b.length - truePositive,
    falseNegative: a.length - truePositive,
  };
}

function objectsOf(mask: Mask): Set<string>[] {
  const left = new Set<string>();
  mask.forEach((row, y) =>
    [...row].forEach((one, x) => one === "#" && left.add(`${x},${y}`))
  );
  const objects: Set<string>[] = [];
  for (const first of left) {
    const object = new Set<string>();
    const next = [first];
    for (let at = next.pop(); at; at = next.pop()) {
      if (!left.delete(at)) continue;
      object.add(at);
      const [x, y] = at.split(",").map(Number);
      next.push(`${x - 1},${y}`, `${x + 1},${y}`);
      next.push(`${x},${y - 1}`, `${x},${y + 1}`);
    }
    objects.push(object);
  }
  return objects;
}
