import { assertEquals, assertRejects } from "@std/assert";
import { BlockCache, type BlockRank, raceSignal } from "./block_cache.ts";

/** Reads a block and gives it back. */
async function touch(
  cache: BlockCache,
  ...[key, load, use]: Parameters<BlockCache["get"]>
): Promise<number> {
  using loan = await cache.get(key, load, use);
  return loan.block.length;
}

function counter(): {
  loads: string[];
  load: (key: string) => () => Promise<Uint8Array>;
} {
  const loads: string[] = [];
  const load = (key: string) => () => {
    loads.push(key);
    return Promise.resolve(new Uint8Array(10));
  };
  return { loads, load };
}

Deno.test("BlockCache forgets the least recently used block first", async () => {
  const { loads, load } = counter();
  const cache = new BlockCache(30);
  for (const key of ["a", "b", "c", "a", "d", "a", "b"]) {
    await touch(cache, key, load(key));
  }
  assertEquals(loads, ["a", "b", "c", "d", "b"]);
  assertEquals(cache.bytes, 30);
});

Deno.test("BlockCache shares a block that is being loaded, and keeps no failure", async () => {
  const { loads, load } = counter();
  const cache = new BlockCache(100);
  await Promise.all([
    touch(cache, "a", load("a")),
    touch(cache, "a", load("a")),
  ]);
  assertEquals(loads, ["a"]);
  await assertRejects(
    () => cache.get("b", () => Promise.reject(new Error("torn"))),
    Error,
    "torn",
  );
  assertEquals(await touch(cache, "b", load("b")), 10);
});

Deno.test("BlockCache keeps one block that is larger than itself", async () => {
  const { loads, load } = counter();
  const cache = new BlockCache(5);
  for (const key of ["a", "a", "b", "b"]) await touch(cache, key, load(key));
  assertEquals(loads, ["a", "b"]);
  assertEquals(cache.bytes, 10);
});

Deno.test("BlockCache forgets blocks of low rank before others", async () => {
  const { loads, load } = counter();
  const cache = new BlockCache(30);
  const get = (key: string, rank?: BlockRank) =>
    touch(cache, key, load(key), { rank });
  await get("a");
  await get("b", 1);
  await get("c", 0);
  await get("d"); // "c" leaves, though "a" and "b" were used before it
  await get("e", 1); // "b" leaves
  await get("a");
  await get("d");
  await get("f"); // "e" leaves
  await get("g"); // all are of one rank: the least recently used leaves, "a"
  for (const key of ["g", "f", "d"]) await get(key);
  assertEquals(loads, ["a", "b", "c", "d", "e", "f", "g"]);
  await get("a");
  assertEquals(loads.at(-1), "a");
});

Deno.test("BlockCache stops a load once nobody waits for it", async () => {
  const cache = new BlockCache(100);
  const stopped: unknown[] = [];
  const never = (signal: AbortSignal) =>
    new Promise<Uint8Array>((_, reject) =>
      signal.addEventListener("abort", () => {
        stopped.push(signal.reason);
        reject(signal.reason);
      })
    );
  const [first, second] = [new AbortController(), new AbortController()];
  const one = cache.get("a", never, { signal: first.signal });
  const two = cache.get("a", never, { signal: second.signal });
  first.abort("first");
  assertEquals(await one.catch((reason) => reason), "first");
  assertEquals(stopped, []);
  second.abort("second");
  assertEquals(await two.catch((reason) => reason), "second");
  assertEquals(stopped, ["second"]);
  // What was stopped is loaded anew.
  const { loads, load } = counter();
  await touch(cache, "a", load("a"));
  assertEquals(loads, ["a"]);
});

Deno.test("BlockCache gives a forgotten block's memory back once nobody reads it", async () => {
  const cache = new BlockCache(10);
  const load = () => Promise.resolve(new Uint8Array(10));
  const first = await cache.get("a", load);
  const second = await cache.get("a", load);
  await touch(cache, "b", load); // "a" is forgotten
  first[Symbol.dispose]();
  assertEquals([cache.has("a"), first.block.length], [false, 10]);
  second[Symbol.dispose]();
  assertEquals(first.block.length, 0);

  const kept = await cache.get("b", load);
  cache.clear();
  assertEquals(kept.block.length, 10);
  kept[Symbol.dispose]();
  assertEquals(kept.block.length, 0);
});

Deno.test("BlockCache frees a block that arrives when nobody wants it any more", async () => {
  const cache = new BlockCache(100);
  const block = new Uint8Array(10);
  const { promise, resolve } = Promise.withResolvers<Uint8Array>();
  const stop = new AbortController();
  const wanted = cache.get("a", () => promise, { signal: stop.signal });
  stop.abort("enough");
  assertEquals(await wanted.catch((reason) => reason), "enough");
  resolve(block);
  await promise;
  assertEquals([block.length, cache.bytes], [0, 0]);
});

Deno.test("BlockCache gives back all but a few blocks that nothing needs again, each once", async () => {
  const freed: Uint8Array[] = [];
  const cache = new BlockCache(1000, (block) => freed.push(block));
  const { load } = counter();
  await touch(cache, "needed", load("needed"), { rank: 2 });
  for (let i = 0; i < 40; i++) {
    await touch(cache, `${i}`, load(`${i}`), { rank: 0 });
  }
  assertEquals([freed.length, cache.bytes], [8, 330]);
  assertEquals(new Set(freed).size, 8);
  assertEquals(["0", "7", "8", "39", "needed"].map((key) => cache.has(key)), [
    ...[false, false],
    ...[true, true, true],
  ]);
});

Deno.test("raceSignal() listens once for all that wait, and forgets those that have what they wanted", async () => {
  const stop = new AbortController();
  let listeners = 0;
  const { signal } = stop;
  const { addEventListener } = signal;
  signal.addEventListener = (...args: unknown[]) => {
    listeners++;
    addEventListener.apply(signal, args as never);
  };
  const never = new Promise<never>(() => {});
  const waiting = [raceSignal(never, signal), raceSignal(never, signal)];
  assertEquals(await raceSignal(Promise.resolve(1), signal), 1);
  await assertRejects(
    () => raceSignal(Promise.reject(new Error("torn")), signal),
    Error,
    "torn",
  );
  stop.abort("enough");
  const settled = await Promise.allSettled(waiting);
  assertEquals(
    settled.map((one) => one.status === "rejected" && one.reason),
    ["enough", "enough"],
  );
  assertEquals(listeners, 1);
  assertEquals(
    await raceSignal(never, signal).catch((reason) => reason),
    "enough",
  );
});
