import { assert, assertEquals, assertGreaterOrEqual } from "@std/assert";
import { uniform } from "../../tests/helpers/synthetic_weights.ts";
import { unext } from "../models/unext.ts";
import { unext50Options } from "../models/unext_options.ts";
import { lifetimesOf } from "./compile_graphs.ts";
import { buildGraph } from "./graph.ts";
import { optimizeGraph } from "./optimize_graph.ts";
import { type Lifetime, peakBytes, planBuffers } from "./plan_buffers.ts";

for (let seed = 0; seed < 50; seed++) {
  Deno.test(`planBuffers() never lets lifetimes overlap in a buffer: seed ${seed}`, () => {
    const lifetimes = randomLifetimes(seed);
    const { sizes, buffers } = planBuffers(lifetimes);
    assertEquals(buffers.length, lifetimes.length);
    lifetimes.forEach((a, i) => {
      assertGreaterOrEqual(sizes[buffers[i]], a.size);
      for (let j = 0; j < i; j++) {
        if (buffers[i] !== buffers[j]) continue;
        const b = lifetimes[j];
        assert(
          a.last < b.first || b.last < a.first,
          `${JSON.stringify(a)} and ${JSON.stringify(b)}`,
        );
      }
    });
    assertEquals(sizes, sizes.toSorted((a, b) => b - a));
    assertGreaterOrEqual(sum(sizes), peakBytes(lifetimes));
    assert(sum(sizes) <= sum(lifetimes.map(({ size }) => size)));
  });
}

Deno.test("planBuffers() plans nothing for nothing", () => {
  assertEquals(planBuffers([]), { sizes: [], buffers: [] });
  assertEquals(peakBytes([]), 0);
});

Deno.test("planBuffers() shares a chain of layers' buffers two ways", () => {
  const chain = [4, 3, 2, 1].map((size, i) => ({
    size,
    first: i,
    last: i + 1,
  }));
  assertEquals(planBuffers(chain), { sizes: [4, 3], buffers: [0, 1, 0, 1] });
  assertEquals(peakBytes(chain), 7);
});

Deno.test("planBuffers() keeps an operand and the result of one step apart", () => {
  const { buffers } = planBuffers([{ size: 8, first: 0, last: 1 }, {
    size: 8,
    first: 1,
    last: 2,
  }]);
  assertEquals(buffers, [0, 1]);
});

Deno.test("planBuffers() needs at most 1.25 times the lower bound for UNeXt50 at 1280×1280", () => {
  const graph = optimizeGraph(
    buildGraph(
      { image: [1, 3, 1280, 1280] },
      ({ image }) => ({ logits: unext(image, unext50Options).logits }),
    ),
    { maxInputs: 8 },
  );
  const lifetimes = [...lifetimesOf(graph, "f32").values()];
  const planned = sum(planBuffers(lifetimes).sizes);
  const peak = peakBytes(lifetimes);
  const all = sum(lifetimes.map(({ size }) => size));
  const mib = (bytes: number) => `${(bytes / 2 ** 20).toFixed(0)} MiB`;
  console.log(
    `UNeXt50 at 1280²: ${mib(planned)} planned, ${mib(peak)} at the peak, ${
      mib(all)
    } without sharing`,
  );
  assert(planned <= 1.25 * peak, `${planned} of ${peak}`);
});

function randomLifetimes(seed: number): Lifetime[] {
  const [count, ...values] = uniform(`lifetimes${seed}`, 400);
  return Array.from({ length: Math.ceil(count * 100) }, (_, i) => {
    const [size, first, length] = values.slice(i * 3, i * 3 + 3);
    const start = Math.floor(first * 60);
    // Few sizes, so that some are equal; mostly short lifetimes, as in networks.
    return {
      size: 16 * Math.ceil(size * 20),
      first: start,
      last: start + Math.floor(length ** 3 * 30),
    };
  });
}

function sum(values: readonly number[]): number {
  return values.reduce((a, b) => a + b, 0);
}
