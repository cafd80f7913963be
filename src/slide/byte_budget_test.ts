import { assert, assertEquals, assertRejects } from "@std/assert";
import { ByteBudget } from "./byte_budget.ts";

/** Lets promises that can settle do so. */
const settle = () => new Promise((resume) => setTimeout(resume, 0));

Deno.test("ByteBudget lets takers in by turns, as far as bytes and number allow", async () => {
  const budget = new ByteBudget(100, 3);
  const entered: string[] = [];
  const take = async (name: string, bytes: number): Promise<Disposable> => {
    const taken = await budget.take(bytes);
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

Deno.test("ByteBudget lets in one that is larger than itself, alone", async () => {
  const budget = new ByteBudget(100, 3);
  const large = await budget.take(1000);
  let entered = false;
  const small = budget.take(1).then((taken) => {
    entered = true;
    return taken;
  });
  await settle();
  assert(!entered);
  large[Symbol.dispose]();
  (await small)[Symbol.dispose]();
});

Deno.test("ByteBudget forgets who is aborted while waiting", async () => {
  const budget = new ByteBudget(10, 3);
  const first = await budget.take(10);
  const controller = new AbortController();
  const aborted = budget.take(10, controller.signal);
  const next = budget.take(10);
  const reason = new Error("enough");
  controller.abort(reason);
  assert(await assertRejects(() => aborted) === reason);
  first[Symbol.dispose]();
  (await next)[Symbol.dispose]();
  await assertRejects(() => budget.take(1, controller.signal), Error, "enough");
});
