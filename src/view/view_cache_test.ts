import { assertEquals, assertRejects } from "@std/assert";
import type { View } from "./view.ts";
import { ViewCache } from "./view_cache.ts";

/** A cache of two views that notes what it opens and closes. */
function makeCache(open = (_number: number) => Promise.resolve()) {
  const log: string[] = [];
  const cache = new ViewCache(async (number) => {
    log.push(`open ${number}`);
    await open(number);
    const description = { name: String(number), width: 1, height: 1 };
    const view: View = {
      description: { ...description, layers: [], live: false },
      layers: new Map(),
      objects: [],
    };
    return Object.assign(view, {
      [Symbol.asyncDispose]: () => {
        log.push(`close ${number}`);
        return Promise.resolve();
      },
    });
  }, { most: 2 });
  return { cache, log };
}

/** Lets what is under way go on. */
const later = () => new Promise((resolve) => setTimeout(resolve));

Deno.test("ViewCache closes the least recently used view, but none that is read", async () => {
  const { cache, log } = makeCache();
  const first = await cache.take(0);
  assertEquals(first.view.description.name, "0");
  for (const number of [1, 2, 1, 3]) {
    (await cache.take(number))[Symbol.dispose]();
  }
  await later();
  assertEquals(log.splice(0), [
    ...["open 0", "open 1", "open 2", "close 1", "open 1", "close 2"],
    ...["open 3", "close 1"],
  ]);
  first[Symbol.dispose]();
  first[Symbol.dispose]();
  using _again = await cache.take(0);
  await later();
  assertEquals(log.splice(0), []);
  await cache[Symbol.asyncDispose]();
  assertEquals(log.toSorted(), ["close 0", "close 3"]);
});

Deno.test("ViewCache opens a view once for all who wait, and goes on when one of them leaves", async () => {
  const { promise, resolve } = Promise.withResolvers<void>();
  const { cache, log } = makeCache(() => promise);
  const leaving = new AbortController();
  const left = cache.take(0, { signal: leaving.signal });
  const stays = cache.take(0);
  leaving.abort();
  await assertRejects(() => left, DOMException);
  resolve();
  (await stays)[Symbol.dispose]();
  assertEquals(log, ["open 0"]);
  await cache[Symbol.asyncDispose]();
  assertEquals(log, ["open 0", "close 0"]);
});

Deno.test("ViewCache tries again what could not be opened", async () => {
  let fails = true;
  const { cache, log } = makeCache(() =>
    fails ? Promise.reject(new Error("no slide")) : Promise.resolve()
  );
  await assertRejects(() => cache.take(0), Error, "no slide");
  fails = false;
  (await cache.take(0))[Symbol.dispose]();
  assertEquals(log, ["open 0", "open 0"]);
  await cache[Symbol.asyncDispose]();
});
