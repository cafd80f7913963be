import { assertEquals, assertStringIncludes, assertThrows } from "@std/assert";
import { add } from "./add.ts";
import { defineKernel } from "./kernel.ts";

const copy = defineKernel({
  name: "copy",
  source: `override size: u32 = 1u;
@group(0) @binding(0) var<storage, read_write> output: array<f32>;
@group(0) @binding(1) var<uniform> factor: vec4f;
// begin input
@group(0) @binding(2) var<storage, read> input0: array<f32>;
const start0: u32 = 0u;
// end input
`,
  constants: ({ size }: { size: number; starts: number[] }) => ({ size }),
  inputs: ({ starts }) => starts.map((start0) => ({ start0 })),
  workgroups: ({ size }) => [size, 1, 1],
});

Deno.test("defineKernel() repeats what belongs to an input, with names and bindings counted up", () => {
  const { name, code, bindings, workgroups } = copy.program({
    size: 3,
    starts: [0, 8],
  });
  assertEquals(name, "copy");
  assertEquals(workgroups, [3, 1, 1]);
  assertEquals(bindings, {
    output: { index: 0, access: "write" },
    factor: { index: 1, access: "uniform" },
    input0: { index: 2, access: "read" },
    input1: { index: 3, access: "read" },
  });
  assertStringIncludes(code, "const size: u32 = 3u;");
  assertStringIncludes(code, "const start0: u32 = 0u;");
  assertStringIncludes(code, "const start1: u32 = 8u;");
});

Deno.test("defineKernel() refuses more workgroups than WebGPU dispatches", () => {
  assertThrows(
    () => add.program({ planes: 65536, pixels: 1, relu: false }),
    RangeError,
    "Cannot dispatch add as a dimension takes at most 65535 workgroups: received 1×65536×1",
  );
});

Deno.test("defineKernel() puts a shape in a uniform, or in the source", () => {
  const kernel = defineKernel({
    name: "fill",
    source: `struct Shape {
  height: u32, // in pixels
  // begin input
  blocks0: u32,
  // end input
}
@group(0) @binding(0) var<storage, read_write> output: array<f32>;
@group(0) @binding(1) var<uniform> shape: Shape;
`,
    constants: (_: { literal: boolean }) => ({}),
    shape: () => ({ height: 7 }),
    literalShape: ({ literal }) => literal,
    inputs: () => [{ blocks0: 2 }, { blocks0: 3 }],
    workgroups: () => [1, 1, 1],
  });
  const uniform = kernel.program({ literal: false });
  assertEquals(uniform.bindings.shape, { index: 1, access: "uniform" });
  assertEquals([...uniform.uniforms.shape], [7, 2, 3]);
  const literal = kernel.program({ literal: true });
  assertEquals(Object.keys(literal.bindings), ["output"]);
  assertEquals(literal.uniforms, {});
  assertStringIncludes(literal.code, "const shape = Shape(7u, 2u, 3u);");
});
