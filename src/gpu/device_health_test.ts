import { assertEquals, assertRejects, assertThrows } from "@std/assert";
import { FaultyGpu, type GpuFault } from "../../tests/helpers/faulty_gpu.ts";
import { Gpu } from "./gpu.ts";
import { GpuError } from "./gpu_error.ts";

const program = {
  name: "one",
  code: "@group(0) @binding(0) var<storage, read_write> out: array<u32>;\n" +
    "@compute @workgroup_size(1) fn main() { out[0] = 1u; }",
  bindings: { out: { index: 0, access: "write" } },
  uniforms: {},
  workgroups: [1, 1, 1],
} as const;

/** Compiles, writes, runs and reads: every kind of call once. */
async function useGpu(): Promise<number> {
  using gpu = await Gpu.request();
  const { STORAGE, COPY_SRC, COPY_DST } = GPUBufferUsage;
  const buffer = gpu.buffer("out", 16, STORAGE | COPY_SRC | COPY_DST);
  gpu.write(buffer, 0, new Uint32Array(4));
  const range = { buffer, offset: 0, size: 16 };
  const { pipeline, bindings } = await gpu.prepare(program, { out: range });
  const encoder = gpu.encoder("test");
  const pass = encoder.beginComputePass();
  pass.setPipeline(pipeline.pipeline);
  pass.setBindGroup(0, bindings);
  pass.dispatchWorkgroups(1);
  pass.end();
  gpu.submit(encoder);
  return new Uint32Array(await gpu.read(range))[0];
}

Deno.test("Gpu makes a GpuError of every way in which each call of WebGPU can fail", async () => {
  using count = new FaultyGpu("throws", Infinity);
  assertEquals(await useGpu(), 1);
  const { calls } = count;
  count[Symbol.dispose]();
  for (const fault of ["throws", "rejects", "lost"] satisfies GpuFault[]) {
    for (let at = 0; at < calls; at++) {
      using faulty = new FaultyGpu(fault, at);
      const error = await useGpu().then(() => undefined, (error) => error);
      // A device that is lost at the last call may have answered already.
      if (error === undefined && fault === "lost" && at === calls - 1) continue;
      assertEquals(
        [error?.name, error?.message?.startsWith("Cannot ")],
        ["GpuError", true],
        `${fault} at ${at} (${faulty.failed}): ${error?.stack}`,
      );
    }
  }
});

Deno.test("Gpu.pipeline() compiles anew what failed once", async () => {
  const { calls, failed } = await new Promise<FaultyGpu>((resolve) => {
    const faulty = new FaultyGpu("rejects", 3);
    using _faulty = faulty;
    resolve(faulty);
  });
  assertEquals([calls, failed], [0, undefined]);
  using faulty = new FaultyGpu("throws", 0); // the first call: createShaderModule
  using gpu = await Gpu.request();
  await assertRejects(() => gpu.pipeline(program), GpuError);
  assertEquals(faulty.failed, "createShaderModule");
  assertEquals((await gpu.pipeline(program)).program, program);
});

Deno.test("Gpu.guard() ends a wait for a device that does not answer, and later uses of it", async () => {
  using gpu = await Gpu.request();
  const never = new Promise<void>(() => {});
  const error = await assertRejects(
    () => gpu.guard(never, { limit: 20 }),
    GpuError,
    "Cannot use the GPU: the device has not answered for 0 s",
  );
  assertEquals(error.kind, "hung");
  assertThrows(() => gpu.check(), GpuError, "has not answered");
});

Deno.test("Gpu.guard() heeds its signal, and the device stays usable", async () => {
  using gpu = await Gpu.request();
  const never = new Promise<void>(() => {});
  const reason = new Error("enough");
  const controller = new AbortController();
  setTimeout(() => controller.abort(reason), 10);
  const { signal } = controller;
  const error = await assertRejects(() => gpu.guard(never, { signal }));
  assertEquals(error, reason);
  gpu.check();
});
