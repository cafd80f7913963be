import { assertEquals, assertRejects } from "@std/assert";
import { buildGraph } from "../src/graph/graph.ts";
import type { Precision } from "../src/kernels/wgsl/specialize.ts";
import type { Engine } from "./engine.ts";
import { measure } from "./measure.ts";

const graph = buildGraph({ x: [1, 1, 1, 1] }, ({ x }) => ({ y: x }));
const work = { graph, values: () => new Float32Array(), inputs: {} };

/** An engine whose runs take as long as they are told to, and whose result is one number. */
function engineOf(
  name: string,
  ms: Partial<Record<Precision, number>>,
  result = 1,
): Engine {
  return {
    name,
    version: "",
    precisions: Object.keys(ms) as Precision[],
    prepare: (_, { precision, timedRuns }) =>
      Promise.resolve({
        submit: () => Promise.resolve(),
        settle: () => Promise.resolve(),
        result: () => Promise.resolve(new Float32Array([result])),
        kernelTimes: () =>
          Promise.resolve(new Array(timedRuns).fill(ms[precision]!)),
        [Symbol.asyncDispose]: () => Promise.resolve(),
      }),
  };
}

const options = {
  engine: engineOf("own", { f32: 4, f16: 2 }),
  precisions: ["f32", "f16"],
  runs: 3,
  clock: "gpu",
  onNote: () => {},
} as const;

Deno.test("measure() names the faster peer first, in its faster storage", async () => {
  const peers = [
    engineOf("a", { f32: 20, f16: 9 }),
    engineOf("b", { f32: 10 }),
  ];
  const measured = await measure(work, { ...options, peers });
  // Processor time is measured, even that of engines that do nothing.
  const withoutCpu = ({ cpuMs: _, ...rest }: { readonly cpuMs: number }) =>
    rest;
  const results = measured.map(({ peers, ...own }) => ({
    ...withoutCpu(own),
    peers: peers.map(withoutCpu),
  }));
  assertEquals<unknown>(results, [
    {
      precision: "f32",
      ms: 4,
      peers: [
        { name: "b", ms: 10, precision: "f32" },
        { name: "a", ms: 20, precision: "f32" },
      ],
    },
    {
      precision: "f16",
      ms: 2,
      peers: [
        { name: "a", ms: 9, precision: "f16" },
        { name: "b", ms: 10, precision: "f32" },
      ],
    },
  ]);
});

Deno.test("measure() goes on without a peer that does not run", async () => {
  const notes: string[] = [];
  const broken: Engine = {
    ...engineOf("broken", { f32: 1 }),
    prepare: () => Promise.reject(new Error("no such kernel")),
  };
  const [f32] = await measure(work, {
    ...options,
    peers: [broken, engineOf("b", { f32: 10 })],
    onNote: (note) => notes.push(note),
  });
  assertEquals(f32.peers.map(({ name }) => name), ["b"]);
  assertEquals(notes, ["broken f32 did not run: no such kernel"]);
});

Deno.test("measure() refuses peers that compute something else", async () => {
  await assertRejects(
    () => measure(work, { ...options, peers: [engineOf("b", { f32: 1 }, 2)] }),
    RangeError,
    "of b)",
  );
});
