import { assertEquals, assertRejects } from "@std/assert";
import { eachOf } from "./each_of.ts";

Deno.test("eachOf() works on so many items at a time, and begins none after an error", async () => {
  const begun: number[] = [];
  let [now, most] = [0, 0];
  const work = async (item: number) => {
    begun.push(item);
    most = Math.max(most, ++now);
    await Promise.resolve();
    now--;
    if (item === 6) throw new Error("six");
  };
  await eachOf([1, 2, 3, 4, 5], 2, work);
  assertEquals([begun, most], [[1, 2, 3, 4, 5], 2]);
  await assertRejects(() => eachOf([6, 7, 8, 9], 2, work), Error, "six");
  assertEquals([begun.slice(5), now], [[6, 7], 0]);
  await eachOf([], 2, work);
});
