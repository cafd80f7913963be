import { assert, assertEquals } from "@std/assert";
import { Gpu } from "./gpu.ts";
import { Profiler } from "./profiler.ts";
import { type Program, readBindings } from "./program.ts";

const code = `@group(0) @binding(0) var<storage, read_write> values: array<f32>;
@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3u) {
  for (var i = 0; i < 10000; i++) { values[id.x] = values[id.x] * 0.5 + 1.0; }
}`;
const program: Program = {
  name: "busy",
  code,
  bindings: readBindings(code),
  uniforms: {},
  workgroups: [64, 1, 1],
};

Deno.test("Profiler.read() returns each pass's name and time, and starts over", async () => {
  using gpu = await Gpu.request();
  if (!gpu.device.features.has("timestamp-query")) return;
  using profiler = new Profiler(gpu, 2);
  const before = gpu.bytes;
  const started = performance.now();
  const milliseconds = await busyTimes(gpu, profiler, ["a", "b"]);
  const elapsed = performance.now() - started;
  // 41 million steps take measurable time on any device, but no more than the elapsed time.
  for (const time of milliseconds) {
    assert(time > 0 && time <= elapsed, `${time} of ${elapsed} ms`);
  }
  assert(milliseconds[0] + milliseconds[1] <= elapsed);
  await busyTimes(gpu, profiler, ["c"]);
  assertEquals(await profiler.read(), []);
  assertEquals(gpu.bytes - before, 64 * 64 * 4 * 2); // only the test's own
});

Deno.test("Profiler.pass() does not time passes beyond its capacity", async () => {
  using gpu = await Gpu.request();
  using profiler = new Profiler(gpu, 1);
  profiler.pass("first");
  assertEquals(profiler.pass("second"), { label: "second" });
});

async function busyTimes(
  gpu: Gpu,
  profiler: Profiler,
  names: string[],
): Promise<number[]> {
  const buffer = gpu.buffer("values", 64 * 64 * 4, GPUBufferUsage.STORAGE);
  const pipeline = await gpu.pipeline(program);
  const bindings = gpu.bind(pipeline, {
    values: { buffer, offset: 0, size: buffer.size },
  });
  const encoder = gpu.encoder("busy");
  for (const name of names) {
    const pass = encoder.beginComputePass(profiler.pass(name));
    pass.setPipeline(pipeline.pipeline);
    pass.setBindGroup(0, bindings);
    pass.dispatchWorkgroups(...program.workgroups);
    pass.end();
  }
  gpu.submit(encoder);
  const entries = await profiler.read();
  assertEquals(entries.map(({ name }) => name), names);
  return entries.map(({ milliseconds }) => milliseconds);
}
