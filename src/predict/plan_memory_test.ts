import { assertEquals } from "@std/assert";
import { planMemory } from "./plan_memory.ts";

const tiles = { fixed: 10, each: 5, unswapped: 20, most: 4 };
const weights = Array.from({ length: 10 }, () => [60, 40]);
const all = { weights, tensors: 70, tiles };
const needed = 1100;

Deno.test("planMemory() has all networks stay where they fit", () => {
  for (const capacity of [needed, needed + 1, Infinity]) {
    assertEquals(planMemory({ ...all, capacity }), {
      resident: 10,
      swapped: 0,
      batch: 1,
      needed,
      capacity,
    });
  }
});

for (
  const [capacity, resident, batch] of [
    [needed - 1, 8, 4],
    [1000, 8, 4], // 80 + 800 + 100 + 4 tiles
    [999, 8, 3],
    [994, 7, 4], // 300 bytes for 4 tiles are fewer than 200 for 2
    [200, 0, 4],
    [199, 0, 3],
    [185, 0, 1],
  ]
) {
  Deno.test(`planMemory() swaps as little as possible a tile: within ${capacity}`, () => {
    const plan = planMemory({ ...all, capacity })!;
    assertEquals(
      [plan.resident, plan.swapped, plan.batch],
      [resident, 10 - resident, batch],
    );
    assertEquals([plan.needed, plan.capacity], [needed, capacity]);
  });
}

Deno.test("planMemory() finds no place where a network and a tile do not fit", () => {
  assertEquals(planMemory({ ...all, capacity: 184 }), undefined);
  const one = { ...all, weights: [[60, 40]] };
  assertEquals(planMemory({ ...one, capacity: 200 })?.resident, 1);
  assertEquals(planMemory({ ...one, capacity: 199 }), undefined);
});

Deno.test("planMemory() counts the largest of each buffer that networks take turns in", () => {
  const mixed = { ...all, weights: [[10, 90], [50], [60, 20]] };
  // 60 and 90 are shared.
  const plan = planMemory({ ...mixed, capacity: 80 + 150 + 5 })!;
  assertEquals([plan.resident, plan.swapped, plan.batch], [0, 3, 1]);
  assertEquals(planMemory({ ...mixed, capacity: 80 + 150 + 4 }), undefined);
});

Deno.test("planMemory() leaves networks where they are when that is settled", () => {
  const settled = planMemory({ ...all, capacity: 1000, resident: 2 })!;
  assertEquals([settled.resident, settled.batch], [2, 4]);
  assertEquals(
    planMemory({ ...all, capacity: 2000, resident: 2 })!.resident,
    2,
  );
  assertEquals(planMemory({ ...all, capacity: 1000, resident: 10 }), undefined);
});
