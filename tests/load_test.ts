import { assertEquals, assertGreater, assertLess } from "@std/assert";
import { describeLoad, load } from "./load/load.ts";

Deno.test("The service and the viewer serve fifty clients, some slow, leaving or talking nonsense, in bounded memory", async () => {
  const result = await load({ seconds: 10, clients: 50, compare: true });
  const { record, memory, freed } = result;
  assertEquals(record.wrong, [], describeLoad(result));
  assertGreater(record.compared, 0);
  assertLess(memory.peak, 2 ** 30);
  // Each waited for the place of a client that had left, and got it.
  assertEquals(freed.length, 20);
});
