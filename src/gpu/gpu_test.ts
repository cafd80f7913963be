import {
  assert,
  assertEquals,
  assertRejects,
  assertStrictEquals,
  assertThrows,
} from "@std/assert";
import { Gpu } from "./gpu.ts";
import { GpuError } from "./gpu_error.ts";
import { type Program, readBindings } from "./program.ts";
import { requestDevice } from "./request_device.ts";

const { STORAGE, COPY_SRC, COPY_DST } = GPUBufferUsage;

/** Doubles 64 numbers per workgroup. */
const double = programOf(
  `@group(0) @binding(0) var<storage, read_write> values: array<f32>;
@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3u) {
  values[id.x] *= 2.0;
}`,
);

Deno.test("Gpu.pipeline() compiles a program that runs", async () => {
  using gpu = await Gpu.request();
  const values = Float32Array.from({ length: 128 }, (_, i) => i);
  const buffer = gpu.buffer("values", 512, STORAGE | COPY_SRC | COPY_DST);
  gpu.device.queue.writeBuffer(buffer, 0, values);
  await dispatch(gpu, double, buffer);
  const bytes = await gpu.read({ buffer, offset: 0, size: 512 });
  // One workgroup: the second half stays.
  assertEquals(
    new Float32Array(bytes),
    values.map((value, i) => i < 64 ? value * 2 : value),
  );
});

Deno.test("Gpu.pipeline() compiles equal code once, and keeps the workgroups of each program", async () => {
  using gpu = await Gpu.request();
  const wide: Program = { ...double, workgroups: [2, 1, 1] };
  const [one, same, two] = await Promise.all(
    [double, double, wide].map((program) => gpu.pipeline(program)),
  );
  assertStrictEquals(one.pipeline, same.pipeline);
  assertStrictEquals(one.pipeline, two.pipeline);
  assertEquals([one, two].map(({ program }) => program.workgroups[0]), [1, 2]);
});

Deno.test("Gpu.pipeline() names kernel, line and source of an error", async () => {
  using gpu = await Gpu.request();
  const broken = programOf(double.code.replace("*= 2.0;", "*= missing;"));
  const error = await assertRejects(() => gpu.pipeline(broken), GpuError);
  assertEquals(error.kind, "compile");
  const place =
    `Cannot compile "test": line 4 "values[id.x] *= missing;" is invalid (`;
  assert(error.message.startsWith(place), error.message);
  assert(!error.message.includes("\n"), error.message);
  // The error was reported there, and the device still works.
  gpu.check();
  await gpu.pipeline(double);
});

Deno.test("Gpu.pipeline() reports errors of the pipeline layout", async () => {
  using gpu = await Gpu.request();
  const unbound: Program = { ...double, bindings: {} };
  const error = await assertRejects(() => gpu.pipeline(unbound), GpuError);
  assertEquals(error.kind, "compile");
  assert(
    error.message.startsWith(
      'Cannot compile "test": its pipeline is invalid (',
    ),
    error.message,
  );
});

Deno.test("Gpu.guard() and check() throw the error that the device reported", async () => {
  using gpu = await Gpu.request();
  const buffer = gpu.buffer("small", 16, STORAGE);
  gpu.device.queue.writeBuffer(buffer, 0, new Uint8Array(16)); // no COPY_DST
  const work = gpu.device.queue.onSubmittedWorkDone();
  const error = await assertRejects(() => untilReported(gpu, work), GpuError);
  assertEquals(error.kind, "validation");
  assert(
    error.message.startsWith(
      "Cannot use the GPU: the device reported an error (",
    ),
  );
  const again = assertThrows(() => gpu.check(), GpuError);
  assertStrictEquals(again, error);
  assertThrows(() => gpu.buffer("more", 16, STORAGE), GpuError);
});

Deno.test("Gpu.guard() rejects when the device is lost, also for a device from the caller", async () => {
  const { device } = await requestDevice();
  using gpu = Gpu.from(device);
  const waiting = gpu.guard(new Promise<void>(() => {}));
  const rejected = assertRejects(() => waiting, GpuError);
  device.destroy();
  const error = await rejected;
  assertEquals(error.kind, "lost");
  assert(
    error.message.startsWith(
      "Cannot use the GPU: the device was lost (",
    ),
  );
});

Deno.test("Gpu.read() reads ranges of any offset and length", async () => {
  using gpu = await Gpu.request();
  const buffer = gpu.buffer("bytes", 32, COPY_SRC | COPY_DST);
  const bytes = Uint8Array.from({ length: 32 }, (_, i) => i + 1);
  gpu.device.queue.writeBuffer(buffer, 0, bytes);
  for (const [offset, size] of [[0, 32], [4, 8], [28, 4], [28, 3], [0, 1]]) {
    const read = await gpu.read({ buffer, offset, size });
    assertEquals(new Uint8Array(read), bytes.slice(offset, offset + size));
  }
  assertEquals(gpu.bytes, 32); // the staging buffers are gone
});

Deno.test("Gpu.bind() names a binding that has no buffer", async () => {
  using gpu = await Gpu.request();
  const pipeline = await gpu.pipeline(double);
  assertThrows(
    () => gpu.bind(pipeline, {}),
    TypeError,
    `Cannot bind "test": binding "values" has no buffer`,
  );
});

Deno.test("Gpu.bind() refuses a range that the adapter cannot bind", async () => {
  using gpu = await Gpu.request();
  const pipeline = await gpu.pipeline(double);
  const buffer = gpu.buffer("values", 16, STORAGE);
  const size = gpu.device.limits.maxStorageBufferBindingSize + 4;
  const error = assertThrows(
    () => gpu.bind(pipeline, { values: { buffer, offset: 0, size } }),
    GpuError,
    `Cannot bind "test": ${size} bytes for "values" exceed the adapter's limit of `,
  );
  assertEquals(error.kind, "out-of-memory");
});

Deno.test("Gpu.buffer() refuses more than the adapter allows", async () => {
  using gpu = await Gpu.request();
  const error = assertThrows(
    () => gpu.buffer("huge", gpu.device.limits.maxBufferSize + 1, STORAGE),
    GpuError,
  );
  assertEquals(error.kind, "out-of-memory");
});

Deno.test("Gpu.free() and disposal free buffers", async () => {
  const gpu = await Gpu.request();
  const [a] = [16, 100, 4].map((size) => gpu.buffer("buffer", size, STORAGE));
  assertEquals(gpu.bytes, 16 + 100 + 16); // none is smaller than a vector
  gpu.free(a);
  assertEquals(gpu.bytes, 100 + 16);
  gpu.free(a); // twice does nothing
  gpu[Symbol.dispose]();
  assertEquals(gpu.bytes, 0);
  assertThrows(() => gpu.buffer("late", 16, STORAGE), GpuError, "disposed");
  await assertRejects(() => gpu.guard(Promise.resolve()), GpuError);
  gpu[Symbol.dispose]();
});

Deno.test("Gpu.from() leaves the caller's device alive", async () => {
  const { device } = await requestDevice();
  {
    using gpu = Gpu.from(device);
    gpu.buffer("mine", 64, STORAGE);
    assertEquals(gpu.adapter, "unknown");
  }
  device.pushErrorScope("validation");
  const buffer = device.createBuffer({ size: 16, usage: COPY_DST });
  device.queue.writeBuffer(buffer, 0, new Uint8Array(16));
  await device.queue.onSubmittedWorkDone();
  assertEquals(await device.popErrorScope(), null);
  device.destroy();
});

function programOf(code: string): Program {
  return {
    name: "test",
    code,
    bindings: readBindings(code),
    uniforms: {},
    workgroups: [1, 1, 1],
  };
}

async function dispatch(
  gpu: Gpu,
  program: Program,
  buffer: GPUBuffer,
): Promise<void> {
  const pipeline = await gpu.pipeline(program);
  const encoder = gpu.encoder("test");
  const pass = encoder.beginComputePass();
  pass.setPipeline(pipeline.pipeline);
  pass.setBindGroup(
    0,
    gpu.bind(pipeline, { values: { buffer, offset: 0, size: buffer.size } }),
  );
  pass.dispatchWorkgroups(...pipeline.program.workgroups);
  pass.end();
  gpu.submit(encoder);
}

/** Errors are events, which may arrive after the work is done. */
async function untilReported(gpu: Gpu, work: Promise<void>): Promise<never> {
  for (;;) {
    await gpu.guard(work);
    await new Promise((resolve) => setTimeout(resolve, 1));
  }
}

Deno.test("Gpu.guard() reports the loss of the device even if pending work fails first", async () => {
  const { device } = await requestDevice();
  using gpu = Gpu.from(device);
  const guarded = gpu.guard(Promise.reject(new DOMException("too early")));
  device.destroy();
  const error = await assertRejects(() => guarded, GpuError);
  assertEquals(error.kind, "lost");
});

Deno.test("Gpu.guard() wraps other failures in a GpuError", async () => {
  const { device } = await requestDevice();
  using gpu = Gpu.from(device);
  const cause = new DOMException("no such buffer");
  const error = await assertRejects(
    () => gpu.guard(Promise.reject(cause)),
    GpuError,
    "the device reported an error (no such buffer)",
  );
  assertEquals([error.kind, error.cause], ["validation", cause]);
  device.destroy();
});
