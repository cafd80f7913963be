import { runProgram } from "../../tests/helpers/run_program.ts";
import { gpu } from "../../tests/helpers/shared_gpu.ts";
import { expandPack } from "./compile_pipeline.ts";
import { readBindings } from "./program.ts";
import { assertEquals } from "@std/assert";

const COUNT = 4096;

Deno.test("expandPack() rounds as pack2x16float does, to nearest, ties to even", async () => {
  const code = expandPack(
    `@group(0) @binding(0) var<storage, read> input: array<vec2f>;
@group(0) @binding(1) var<storage, read_write> output: array<u32>;
@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3u) {
  output[id.x] = pack2x16float(input[id.x]);
}`,
  );
  const values = valuesOfAllKinds();
  const program = {
    name: "pack",
    code,
    bindings: readBindings(code),
    uniforms: {},
    workgroups: [COUNT / 2 / 64, 1, 1] as const,
  };
  const bytes = await runProgram(gpu, program, {
    buffers: { input: values.buffer, output: new ArrayBuffer(COUNT * 2) },
  });
  const halves = new Float16Array(bytes);
  assertEquals(halves, new Float16Array(values));
  const signs = [...halves].map((half) => Object.is(half, -0));
  assertEquals(
    signs,
    [...values].map((value) => Object.is(Math.f16round(value), -0)),
  );
});

Deno.test("expandPack() leaves other code unchanged", () => {
  const code = "fn f(p: u32) -> vec2f { return unpack2x16float(p); }";
  assertEquals(expandPack(code), code);
});

/** Edge cases, halves, values between two halves, and pseudorandom bits. */
function valuesOfAllKinds(): Float32Array<ArrayBuffer> {
  const edges = [0, -0, 1, 65504, 65519.99, 65520, 65536, 3e38, Infinity, NaN];
  for (const exponent of [-26, -25, -24, -15, -14, -1, 0, 15]) {
    for (const mantissa of [0, 1, 512, 1023]) {
      for (const rest of [0, 0.4999, 0.5, 0.5001, 0.9999]) {
        edges.push(2 ** exponent * (1 + (mantissa + rest) / 1024));
      }
    }
  }
  const values = new Float32Array(COUNT);
  values.set(edges.flatMap((value) => [value, -value]));
  const bits = new Uint32Array(values.buffer);
  let seed = 1;
  for (let i = edges.length * 2; i < COUNT; i++) {
    seed = (Math.imul(seed, 1664525) + 1013904223) >>> 0;
    bits[i] = seed;
  }
  return values;
}
