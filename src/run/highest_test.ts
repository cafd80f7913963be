import { assertEquals } from "@std/assert";
import { Highest } from "./highest.ts";

Deno.test("Highest keeps the highest, and does not make what it would not keep", () => {
  const highest = new Highest<string>(2);
  const made: number[] = [];
  for (const score of [1, 5, 3, 4, 2, 4, 9]) {
    highest.add(score, () => {
      made.push(score);
      return `#${score}`;
    });
  }
  assertEquals([highest.items, highest.count], [["#9", "#5"], 7]);
  assertEquals(made, [1, 5, 3, 4, 9]);
  assertEquals(new Highest(3).items, []);
});
