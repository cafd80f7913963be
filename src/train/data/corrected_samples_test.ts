import { assert, assertEquals } from "@std/assert";
import {
  type Box,
  makeCorrections,
  region,
} from "../../../tests/helpers/make_corrections.ts";
import { noise } from "../../../tests/helpers/noise.ts";
import { UNKNOWN } from "../../labels/label_source.ts";
import { openLabels } from "../../labels/open_labels.ts";
import type { Region, Slide } from "../../slide/slide.ts";
import { areaDownsample } from "../../tiles/area_downsample.ts";
import { reduceKnown } from "./reduce_classes.ts";
import { slideSamples } from "./slide_samples.ts";

/** Every mask that a mask with unknown pixels may be. */
function* guesses(values: Uint8Array, classes: number): Generator<Uint8Array> {
  const at = values.indexOf(UNKNOWN);
  if (at < 0) return yield values;
  for (let guess = 0; guess <= classes; guess++) {
    yield* guesses(values.with(at, guess), classes);
  }
}

/** Whether two values may be the most frequent ones of a mask with unknown pixels. */
function hasTie(values: Uint8Array, classes: number): boolean {
  return values.includes(UNKNOWN) && [...guesses(values, classes)].some(
    (guess) => {
      const counts = Array.from(
        { length: classes + 1 },
        (_, k) => guess.filter((value) => value === k).length,
      ).sort((a, b) => b - a);
      return counts[0] === counts[1];
    },
  );
}

Deno.test("reduceKnown() knows a pixel if no guess of its unknown part changes it", () => {
  const factor = 2;
  const reduce = (gray: Uint8Array) =>
    areaDownsample(gray, { width: 2, height: 2, factor, channels: 1 });
  for (const classes of [1, 3]) {
    // Each block of four pixels with up to three classes.
    const values = [0, UNKNOWN, 1, ...classes > 1 ? [3] : []];
    for (let code = 0; code < values.length ** 4; code++) {
      const block = Uint8Array.from(
        { length: 4 },
        (_, i) => values[Math.floor(code / values.length ** i) % values.length],
      );
      const several = { classes: classes > 1 };
      const possible = new Set(
        [...guesses(block, classes)].map((one) =>
          reduceKnown(one, reduce, several)[0]
        ),
      );
      const [found] = reduceKnown(block, reduce, several);
      const expected = possible.size === 1 ? [...possible][0] : UNKNOWN;
      // Equal shares of several classes are not decided by their order.
      const isTie = classes > 1 && found === UNKNOWN && hasTie(block, classes);
      assert(found === expected || isTie, `${block}: ${found}, ${expected}`);
    }
  }
});

/** A slide of 240×256 purple pixels: all of it is tissue. */
const slide: Slide = {
  name: "a",
  width: 240,
  height: 256,
  levels: [{ width: 240, height: 256, downsample: 1 }],
  readRegion({ width, height }: Region) {
    return Promise.resolve(
      noise(width, height, 3).map((value, i) => [150, value % 90, 160][i % 3]),
    );
  },
  [Symbol.asyncDispose]: () => Promise.resolve(),
};

Deno.test("slideSamples() takes tiles of which something is known, and marks what is not", async () => {
  const folder = await Deno.makeTempDir({ prefix: "tilewise-corrected-" });
  const path = `${folder}/a.corrected.geojson`;
  const text = makeCorrections(slide, [
    { box: [60, 20, 63, 40], state: "accepted" }, // odd: its last column is half a pixel
    { box: [80, 20, 83, 40], state: "rejected" },
    region(200, 192, 240, 256),
    { box: [220, 200, 240, 210] },
    { box: [10, 100, 20, 110] },
  ]);
  await Deno.writeTextFile(path, text);
  await using labels = (await (await openLabels(path)).open(slide))!;
  const options = { size: 32, downsample: 2 };
  const source = await slideSamples([{ slide, labels }], options);
  // The grid of four by four tiles is centered: 8 pixels of padding on both sides.
  assertEquals(
    source.samples.map((one) => [one.x, one.y, one.positive, one.known]),
    [[56, 0, 20, 30], [184, 192, 50, 20 * 32]],
  );
  assertEquals(source.warnings, [
    '"a" has 14 tiles with tissue of which nothing is known, left out',
  ]);
  const [first, last] = await Promise.all(
    source.samples.map((sample) => source.read(sample)),
  );
  first.mask.forEach((value, i) => {
    const [x, y] = [i % 32, Math.floor(i / 32)];
    // Half a pixel makes it foreground, whatever the rest is; half a pixel of background does not tell.
    const [isObject, isNone] = [x === 2 || x === 3, x === 12];
    const isKnown = y >= 10 && y < 20 && (isObject || isNone);
    assertEquals(value, isKnown ? Number(isObject) : UNKNOWN, `${x},${y}`);
  });
  last.mask.forEach((value, i) => {
    const [x, y] = [184 + i % 32 * 2, 192 + Math.floor(i / 32) * 2];
    const isObject = x >= 220 && x < 240 && y >= 200 && y < 210;
    const expected = x < 200 ? UNKNOWN : Number(isObject); // padding as always
    assertEquals(value, expected, `${x},${y}`);
  });
  // Where all is known, samples are those of other labels.
  const plain = `${folder}/a.geojson`;
  const box: Box = [60, 20, 63, 40];
  await Deno.writeTextFile(plain, makeCorrections(undefined, [{ box }]));
  const whole = [region(0, 0, 240, 256), { box }];
  await Deno.writeTextFile(path, makeCorrections(slide, whole));
  const [some, all] = await Promise.all([path, plain].map(async (path) => {
    const labels = (await (await openLabels(path)).open(slide))!;
    const source = await slideSamples([{ slide, labels }], options);
    const { samples } = source;
    const read = samples.map((sample) => source.read(sample));
    const masks = (await Promise.all(read)).map(({ mask }) => mask);
    return { samples, masks };
  }));
  assertEquals(all.samples.length, 16);
  assert(all.samples.every(({ known }) => known === undefined));
  assertEquals(some.masks, all.masks);
  assertEquals(
    all.samples,
    some.samples.map(({ known: _, ...sample }) => sample),
  );
  await Deno.remove(folder, { recursive: true });
});
