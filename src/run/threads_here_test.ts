import { assertEquals } from "@std/assert";
import { threadsHere } from "./threads_here.ts";

Deno.test("threadsHere() takes what is allotted, if it is less than the cores", () => {
  const threads = (cores: number, allotted?: string) =>
    threadsHere({ cores, allotted: allotted ?? "" });
  assertEquals(threads(64, "4"), 4);
  assertEquals(threads(2, "4"), undefined); // the quota of its cgroup
  for (const text of ["", "0", "-1", "2.5", "all"]) {
    assertEquals(threads(8, text), undefined);
  }
});
