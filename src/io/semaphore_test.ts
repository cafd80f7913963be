import { assert, assertEquals, assertRejects } from "@std/assert";
import { Semaphore } from "./semaphore.ts";

/** Lets promises that can settle do so. */
const settle = () => new Promise((resume) => setTimeout(resume, 0));

Deno.test("Semaphore lets takers in by turns, as far as weight and count allow", async () => {
  const semaphore = new Semaphore({ count: 3, weight: 100 });
  const entered: string[] = [];
  const take = async (name: string, bytes: number): Promise<Disposable> => {
    const taken = await semaphore.take({ weight: bytes });
    entered.push(name);
    return taken;
  };
  const a = await take("a", 60);
  const b = take("b", 50);
  const c = take("c", 10);
  await settle();
  // "c" would fit, and waits for its turn all the same: else large blocks could wait forever.
  assertEquals(entered, ["a"]);
  a[Symbol.dispose]();
  await settle();
  assertEquals(entered, ["a", "b", "c"]);
  const d = take("d", 0);
  const e = take("e", 0);
  await settle();
  assertEquals(entered, ["a", "b", "c", "d"]);
  (await c)[Symbol.dispose]();
  await settle();
  assertEquals(entered.at(-1), "e");
  for (const taken of [b, d, e]) (await taken)[Symbol.dispose]();
});

Deno.test("Semaphore lets in one that is larger than itself, alone", async () => {
  const semaphore = new Semaphore({ count: 3, weight: 100 });
  const large = await semaphore.take({ weight: 1000 });
  let entered = false;
  const small = semaphore.take({ weight: 1 }).then((taken) => {
    entered = true;
    return taken;
  });
  await settle();
  assert(!entered);
  large[Symbol.dispose]();
  (await small)[Symbol.dispose]();
});

Deno.test("Semaphore forgets who is aborted while waiting", async () => {
  const semaphore = new Semaphore({ count: 3, weight: 10 });
  const first = await semaphore.take({ weight: 10 });
  const controller = new AbortController();
  const { signal } = controller;
  const aborted = semaphore.take({ weight: 10, signal });
  const next = semaphore.take({ weight: 10 });
  const reason = new Error("enough");
  controller.abort(reason);
  assert(await assertRejects(() => aborted) === reason);
  first[Symbol.dispose]();
  (await next)[Symbol.dispose]();
  await assertRejects(
    () => semaphore.take({ weight: 1, signal }),
    Error,
    "enough",
  );
});
