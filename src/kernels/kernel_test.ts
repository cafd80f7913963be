import { add } from "./elementwise.ts";
import { defineKernel } from "./kernel.ts";
import { assertEquals, assertStringIncludes, assertThrows } from "@std/assert";

Deno.test("defineKernel() refuses more workgroups than WebGPU dispatches", () => {
  assertThrows(
    () => add.program({ planes: 65536, pixels: 1, relu: false }),
    RangeError,
    'Cannot dispatch "add": 1×65536×1 workgroups exceed the limit of 65535 per dimension',
  );
});

Deno.test("defineKernel() puts a shape in a uniform, or in the source", () => {
  const kernel = defineKernel({
    name: "fill",
    source: `override inputs: u32 = 1u;
struct Shape {
  height: u32, // in pixels
  @split blocks: array<u32, inputs>,
}
@group(0) @binding(0) var<storage, read_write> output: array<f32>;
@group(0) @binding(1) var<uniform> shape: Shape;
@split @group(0) @binding(2) var<storage, read> input: binding_array<array<f32>, inputs>;
`,
    constants: (_: { literal: boolean }) => ({ inputs: 2 }),
    shape: () => ({ blocks: [2, 3], height: 7 }),
    literalShape: ({ literal }) => literal,
    workgroups: () => [1, 1, 1],
  });
  const uniform = kernel.program({ literal: false });
  assertEquals(uniform.bindings, {
    output: { index: 0, access: "write" },
    shape: { index: 1, access: "uniform" },
    input0: { index: 2, access: "read" },
    input1: { index: 3, access: "read" },
  });
  assertEquals([...uniform.uniforms.shape], [7, 2, 3]);
  const literal = kernel.program({ literal: true });
  assertEquals(Object.keys(literal.bindings), ["output", "input0", "input1"]);
  assertEquals(literal.uniforms, {});
  assertStringIncludes(literal.code, "const shape = Shape(7u, 2u, 3u);");
});
