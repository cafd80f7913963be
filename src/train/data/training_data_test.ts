import type { Sample, SampleSource } from "./sample.ts";
import { splitFolds } from "./split_folds.ts";
import { TrainingData } from "./training_data.ts";
import { assert, assertEquals, assertRejects, assertThrows } from "@std/assert";

/** Slides with so many samples each; a sample's pixels hold its index. */
function makeSource(counts: Record<string, number>): SampleSource {
  const samples: Sample[] = [];
  for (const [slide, count] of Object.entries(counts)) {
    for (let i = 0; i < count; i++) {
      samples.push({
        index: samples.length,
        slide,
        x: i * 64,
        y: 0,
        positive: 0,
      });
    }
  }
  return {
    size: 32,
    downsample: 2,
    slides: Object.keys(counts),
    samples,
    warnings: [],
    async read(sample, { expansion = 0 } = {}) {
      // Later samples come sooner.
      await new Promise((resolve) => setTimeout(resolve, 9 - sample.index % 9));
      const side = 32 + expansion;
      const pixels = new Uint8Array(side * side * 3).fill(sample.index);
      return { sample, side, pixels, mask: new Uint8Array(side * side) };
    },
  };
}

const counts = { a: 4, b: 3, c: 5, d: 2, e: 3 };

Deno.test("splitFolds() deals every slide out once, evenly, by the seed alone", () => {
  const slides = Array.from({ length: 13 }, (_, i) => `slide${i}`);
  const folds = splitFolds(slides, { folds: 5, seed: 3 });
  assertEquals(folds.flat().toSorted(), slides.toSorted());
  assertEquals(folds.map(({ length }) => length), [3, 3, 3, 2, 2]);
  assertEquals(splitFolds(slides.toReversed(), { folds: 5, seed: 3 }), folds);
  assert(
    JSON.stringify(splitFolds(slides, { folds: 5, seed: 4 })) !==
      JSON.stringify(folds),
  );
});

Deno.test("splitFolds() refuses folds without a slide, and slides that come twice", () => {
  const split = (slides: string[], folds: number) => () =>
    splitFolds(slides, { folds, seed: 1 });
  assertThrows(
    split(["a", "b"], 3),
    RangeError,
    "Cannot split 2 slides into folds: there must be 2 to 2 folds, received 3",
  );
  assertThrows(split(["a", "b"], 1), RangeError, "received 1");
  assertThrows(split(["a", "b", "a"], 2), RangeError, 'named "a"');
});

Deno.test("TrainingData keeps a fold's slides apart from the others", () => {
  const source = makeSource(counts);
  const held: string[] = [];
  for (let fold = 0; fold < 5; fold++) {
    const data = new TrainingData(source, { seed: 1, folds: 5, fold });
    held.push(...data.validationSlides);
    const slides = new Set(data.train.map(({ slide }) => slide));
    assert(data.validation.every(({ slide }) => !slides.has(slide)));
    assertEquals(
      data.train.length + data.validation.length,
      source.samples.length,
    );
  }
  assertEquals(held.toSorted(), source.slides);
});

Deno.test("TrainingData.order() holds each sample once, in another order each epoch", () => {
  const options = { seed: 1, folds: 5 };
  const data = new TrainingData(makeSource(counts), options);
  const orders = [0, 1, 2].map((epoch) => data.order(epoch));
  for (const order of orders) {
    assertEquals([...order].toSorted((a, b) => a - b), [...data.train.keys()]);
  }
  assertEquals(new Set(orders.map(String)).size, 3);
  const again = new TrainingData(makeSource(counts), options);
  assertEquals(again.order(2), orders[2]);
});

async function readAll(
  data: TrainingData,
  from: number,
): Promise<[number, number[]][]> {
  const seen: [number, number[]][] = [];
  for await (
    const { index, tiles, places } of data.batches({ epoch: 1, batch: 4, from })
  ) {
    assertEquals(
      tiles.map(({ sample }) => sample),
      places.map((place) => data.train[place]),
    );
    seen.push([index, tiles.map(({ pixels }) => pixels[0])]);
  }
  return seen;
}

Deno.test("TrainingData.batches() goes on from any batch as if it had never stopped", async () => {
  const data = new TrainingData(makeSource(counts), { seed: 1, folds: 5 });
  const all = await readAll(data, 0);
  assertEquals(all.length, data.batchesPerEpoch(4));
  assertEquals(all.map(([index]) => index), [...all.keys()]);
  for (let from = 0; from <= all.length; from++) {
    assertEquals(await readAll(data, from), all.slice(from));
  }
});

Deno.test("TrainingData.batches() repeats samples where they do not fill a batch", async () => {
  const data = new TrainingData(makeSource({ a: 1, b: 3 }), {
    seed: 1,
    folds: 2,
    fold: 1,
  });
  for await (const { tiles } of data.batches({ epoch: 0, batch: 8 })) {
    assertEquals(tiles.length, 8);
    assertEquals(
      new Set(tiles.map(({ sample }) => sample)).size,
      data.train.length,
    );
  }
});

Deno.test("TrainingData.validationBatches() reads each sample once, with expansion", async () => {
  const data = new TrainingData(makeSource(counts), { seed: 1, folds: 2 });
  const places: number[] = [];
  for await (
    const batch of data.validationBatches({ batch: 4, expansion: 16 })
  ) {
    places.push(...batch.places);
    assertEquals(batch.tiles[0].side, 48);
  }
  assertEquals(places, [...data.validation.keys()]);
});

Deno.test("TrainingData joins extra samples to the training side", async () => {
  const extra = makeSource({ x: 2 });
  const data = new TrainingData(makeSource(counts), {
    seed: 1,
    folds: 5,
    extra,
  });
  assertEquals(data.trainSlides.at(-1), "x");
  assertEquals(data.train.slice(-2), extra.samples);
  assertEquals((await data.read(extra.samples[1])).sample, extra.samples[1]);
  assertThrows(
    () =>
      new TrainingData(makeSource(counts), {
        seed: 1,
        extra: makeSource({ a: 1 }),
      }),
    RangeError,
    'slide "a" is in both sources',
  );
});

Deno.test("TrainingData says which fold cannot be used", async () => {
  const options = { seed: 1, folds: 5 };
  assertThrows(
    () => new TrainingData(makeSource(counts), { ...options, fold: 5 }),
    RangeError,
    "fold must be 0 to 4, received 5",
  );
  const folds = splitFolds(Object.keys(counts), options);
  const empty = makeSource({ ...counts, [folds[2][0]]: 0 });
  assertThrows(
    () => new TrainingData(empty, { ...options, fold: 2 }),
    RangeError,
    `Cannot use fold 2 of 5: its validation slides have no tile to use (${
      folds[2][0]
    }`,
  );
  const data = new TrainingData(makeSource(counts), options);
  assertThrows(() => data.batches({ epoch: 0, batch: 0 }), RangeError);
  assertThrows(
    () => data.batches({ epoch: 0, batch: 4, from: 99 }),
    RangeError,
    "received 99",
  );
  const other = makeSource(counts).samples[0];
  await assertRejects(async () => await data.read(other), RangeError);
});
