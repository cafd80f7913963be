import { assertEquals, assertRejects } from "@std/assert";
import { BlockCache } from "./block_cache.ts";

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
    await cache.get(key, load(key));
  }
  assertEquals(loads, ["a", "b", "c", "d", "b"]);
  assertEquals(cache.bytes, 30);
});

Deno.test("BlockCache shares a block that is being loaded, and keeps no failure", async () => {
  const { loads, load } = counter();
  const cache = new BlockCache(100);
  await Promise.all([cache.get("a", load("a")), cache.get("a", load("a"))]);
  assertEquals(loads, ["a"]);
  await assertRejects(
    () => cache.get("b", () => Promise.reject(new Error("torn"))),
    Error,
    "torn",
  );
  assertEquals((await cache.get("b", load("b"))).length, 10);
});

Deno.test("BlockCache keeps one block that is larger than itself", async () => {
  const { loads, load } = counter();
  const cache = new BlockCache(5);
  for (const key of ["a", "a", "b", "b"]) await cache.get(key, load(key));
  assertEquals(loads, ["a", "b"]);
  assertEquals(cache.bytes, 10);
});
