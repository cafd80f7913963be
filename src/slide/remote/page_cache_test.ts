import { mergePages, PageCache } from "./page_cache.ts";
import { assert, assertEquals } from "@std/assert";

const merge = (pages: number[], most = 100) =>
  mergePages(pages, { most }).map(({ first, end }) => [first, end]);

Deno.test("mergePages() joins neighbors, and what lies near", () => {
  assertEquals(merge([]), []);
  assertEquals(merge([7]), [[7, 8]]);
  assertEquals(merge([1, 2, 3, 9, 10]), [[1, 4], [9, 11]]);
  const ten = [...Array(10).keys()];
  assertEquals(merge([...ten, 11]), [[0, 12]]); // one page in eleven
  assertEquals(merge([...ten, 12]), [[0, 10], [12, 13]]);
  assertEquals(merge(ten, 4), [[0, 4], [4, 8], [8, 10]]);
});

Deno.test("mergePages() covers every page once and wastes no more than a tenth", () => {
  let state = 1;
  const random = () => (state = state * 16807 % 2147483647) / 2147483647;
  for (let round = 0; round < 200; round++) {
    const chance = random();
    const pages = [...Array(300).keys()].filter(() => random() < chance);
    const runs = mergePages(pages, { most: 64 });
    let total = 0, last = -1;
    for (const { first, end } of runs) {
      assert(first > last && end > first && end - first <= 64);
      last = end - 1;
      total += end - first;
    }
    assert(total <= pages.length * 1.1);
    for (const page of pages) {
      assertEquals(
        runs.filter(({ first, end }) => page >= first && page < end).length,
        1,
      );
    }
  }
});

Deno.test("PageCache forgets the page that was used longest ago, of those that have arrived", async () => {
  const cache = new PageCache(2);
  const late = Promise.withResolvers<Uint8Array>();
  const here = () => Promise.resolve(new Uint8Array(1));
  const kept = () => [1, 2, 3, 4].filter((page) => cache.has(page));
  cache.add(1, late.promise);
  cache.add(2, here());
  cache.add(3, here());
  await here();
  assertEquals(kept(), [1, 3]); // the oldest is awaited
  late.resolve(new Uint8Array(1));
  await cache.get(1);
  await here();
  assertEquals(kept(), [1, 3]);
  await cache.get(3);
  await cache.get(1);
  cache.add(4, here());
  await here();
  assertEquals(kept(), [1, 4]);
});

Deno.test("PageCache asks again for a page that failed", async () => {
  const cache = new PageCache(2);
  const failed = Promise.reject(new Error("gone"));
  cache.add(1, failed);
  assert(cache.has(1));
  await failed.catch(() => {});
  await Promise.resolve();
  assert(!cache.has(1));
});
