import { assertEquals } from "@std/assert";
import { describeMemory } from "./describe_memory.ts";

const GIB = 2 ** 30;

Deno.test("describeMemory() says who takes turns, and how often", () => {
  const plan = {
    resident: 3,
    swapped: 7,
    batch: 16,
    needed: 2.5 * GIB,
    capacity: GIB,
  };
  const start = "10 networks take 2.5 GiB, more than 1 GiB: ";
  assertEquals(
    describeMemory(plan),
    `${start}3 stay on the GPU, 7 take turns every 16 tiles`,
  );
  assertEquals(
    describeMemory({ ...plan, resident: 1, swapped: 9, batch: 1 }),
    `${start}1 stays on the GPU, 9 take turns every tile`,
  );
  assertEquals(
    describeMemory({ ...plan, resident: 0, swapped: 10 }),
    `${start}all take turns every 16 tiles`,
  );
  assertEquals(
    describeMemory({ ...plan, resident: 10, swapped: 0 }),
    undefined,
  );
});
