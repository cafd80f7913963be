import { assert, assertEquals, assertRejects } from "@std/assert";
import { prefetch } from "./prefetch.ts";

const settle = () => new Promise((resolve) => setTimeout(resolve, 5));

/** Work that counts what is under way; later items end sooner. */
function counting() {
  const count = { started: 0, underway: 0, most: 0 };
  const work = async (item: number, signal: AbortSignal) => {
    count.started++;
    count.most = Math.max(count.most, ++count.underway);
    try {
      for (let i = item; i < 12 && !signal.aborted; i++) await settle();
      signal.throwIfAborted();
      return item * item;
    } finally {
      count.underway--;
    }
  };
  return { count, work };
}

const items = Array.from({ length: 10 }, (_, i) => i);

Deno.test("prefetch() yields in order, with no more under way than it may", async () => {
  const { count, work } = counting();
  const results: number[] = [];
  for await (const x of prefetch(items, work, { ahead: 5, atOnce: 3 })) {
    results.push(x);
  }
  assertEquals(results, items.map((x) => x * x));
  assertEquals([count.most, count.underway], [3, 0]);
});

Deno.test("prefetch() works no further ahead than it may", async () => {
  const { count, work } = counting();
  const fast = (item: number) => work(item + 12, new AbortController().signal);
  const results = prefetch(items, fast, { ahead: 2, atOnce: 8 });
  assertEquals(count.started, 0);
  await results.next();
  for (let i = 0; i < 3; i++) await settle();
  assertEquals(count.started, 3);
  await results.next();
  for (let i = 0; i < 3; i++) await settle();
  assertEquals(count.started, 4);
  await results.return();
});

Deno.test("prefetch() leaves nothing under way after an end, a failure or an abort", async () => {
  const options = { ahead: 4, atOnce: 4 };
  const early = counting();
  for await (const x of prefetch(items, early.work, options)) {
    if (x === 1) break;
  }
  assertEquals(early.count.underway, 0);

  const failing = counting();
  const work = (item: number, signal: AbortSignal) =>
    item === 2
      ? Promise.reject(new SyntaxError("torn"))
      : failing.work(item, signal);
  const seen: number[] = [];
  await assertRejects(
    async () => {
      for await (const x of prefetch(items, work, options)) seen.push(x);
    },
    SyntaxError,
    "torn",
  );
  assertEquals([seen, failing.count.underway], [[0, 1], 0]);

  const aborted = counting();
  const controller = new AbortController();
  const reason = new Error("enough");
  const results = prefetch(items, aborted.work, {
    ...options,
    signal: controller.signal,
  });
  const first = results.next();
  controller.abort(reason);
  assert(await assertRejects(() => first) === reason);
  assertEquals(aborted.count.underway, 0);
});
