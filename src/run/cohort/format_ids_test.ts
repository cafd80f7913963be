import { assertEquals } from "@std/assert";
import { formatIds, shardsOf } from "./format_ids.ts";

Deno.test("formatIds() writes numbers as --array= has them", () => {
  assertEquals(formatIds([]), "");
  assertEquals(formatIds([7, 3, 1, 2, 2]), "1-3,7");
  assertEquals(formatIds([1, 3, 5, 6]), "1,3,5-6");
});

Deno.test("shardsOf() names the shards that have parts", () => {
  assertEquals(shardsOf([1, 4, 7], 3), [1]);
  assertEquals(formatIds(shardsOf([3, 5], 3)), "2-3");
});
