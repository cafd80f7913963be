import { assertEquals } from "@std/assert";
import { readBindings } from "./program.ts";

Deno.test("readBindings() reads number and use of each binding of group 0", () => {
  const code = `@group(0) @binding(0) var<storage, read> input: array<f32>;
@group(0) @binding(3) var<storage, read_write> output: array<f32>;
@group(0) @binding(2) var<uniform> size: vec4u;
@group(1) @binding(1) var<uniform> other: vec4u;
var<workgroup> partial: array<f32, 64>;`;
  assertEquals(readBindings(code), {
    input: { index: 0, access: "read" },
    output: { index: 3, access: "write" },
    size: { index: 2, access: "uniform" },
  });
});
